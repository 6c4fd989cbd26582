// Command test-app is the program inside the test image: what it does is in its first argument.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	mode, argument := "serve", ""
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	if len(os.Args) > 2 {
		argument = os.Args[2]
	}
	switch mode {
	case "serve":
		serve()
	case "exit":
		code, _ := strconv.Atoi(argument)
		fmt.Println("leaving with", code)
		os.Exit(code)
	case "eat-memory":
		eatMemory()
	case "flood":
		flood()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ignoring SIGTERM")
		time.Sleep(time.Hour)
	case "print":
		fmt.Println(argument)
	case "cat":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "sleep":
		time.Sleep(time.Hour)
	case "zeros":
		size, _ := strconv.Atoi(argument)
		_, _ = io.Copy(os.Stdout, io.LimitReader(zeros{}, int64(size)))
	case "file":
		content, err := os.ReadFile(argument)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Stdout.Write(content)
	case "env":
		fmt.Printf("%s uid=%d gid=%d dir=%s host=%s\n", strings.Join(os.Environ(), "\n"), os.Getuid(), os.Getgid(), dir(), hostname())
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func dir() string      { d, _ := os.Getwd(); return d }
func hostname() string { h, _ := os.Hostname(); return h }

func serve() {
	started := time.Now()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s, up since %d", hostname(), started.UnixNano())
	})
	http.HandleFunc("/log", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Query().Get("line"))
	})
	// /reach tries a TCP connection from inside the guest.
	http.HandleFunc("/reach", func(w http.ResponseWriter, r *http.Request) {
		client := http.Client{Timeout: 2 * time.Second}
		answer, err := client.Get(r.URL.Query().Get("url"))
		if err != nil {
			fmt.Fprintf(w, "refused: %v", err)
			return
		}
		fmt.Fprintf(w, "reached: %s", answer.Status)
	})
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM, syscall.SIGUSR1)
	go func() {
		for received := range terminate {
			fmt.Fprintln(os.Stderr, "received", received)
			if received == syscall.SIGTERM {
				os.Exit(7)
			}
		}
	}()
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("listening")
	if err := http.Serve(listener, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func eatMemory() {
	var eaten [][]byte
	for {
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i)
		}
		eaten = append(eaten, block)
	}
}

func flood() {
	line := strings.Repeat("x", 1000)
	for n := 0; ; n++ {
		fmt.Println(n, line)
	}
}
