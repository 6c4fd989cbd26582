// Hello is the sample app: a small HTTP server that says where it runs and shows how requests reach it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const shutdownTimeout = 5 * time.Second

func main() {
	log.SetFlags(0)
	if len(os.Args) > 1 {
		os.Exit(command(os.Args[1:]))
	}
	if err := serve(":" + port()); err != nil {
		log.Fatalf("hello: %v", err)
	}
}

func port() string {
	if set := os.Getenv("PORT"); set != "" {
		return set
	}
	return "8080"
}

// serve answers requests until SIGTERM or SIGINT, then lets those under way end.
func serve(address string) error {
	stop, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer release()
	server := &http.Server{Addr: address, Handler: logged(routes()), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("hello: listening on %s", address)

	select {
	case err := <-failed:
		return err
	case <-stop.Done():
	}
	log.Print("hello: stopping")
	deadline, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// command runs what `exec` in the machine asks for, since the image holds no other program.
func command(args []string) int {
	switch {
	case args[0] == "say":
		fmt.Println(strings.Join(args[1:], " "))
		return 0
	case args[0] == "exit" && len(args) == 2:
		if code, err := strconv.Atoi(args[1]); err == nil && code >= 0 && code <= 255 {
			return code
		}
	}
	fmt.Fprintln(os.Stderr, "usage: hello [say WORD... | exit CODE]")
	return 64
}
