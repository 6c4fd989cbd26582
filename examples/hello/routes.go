package main

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log"
	"net/http"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", welcome)
	mux.HandleFunc("/health", health)
	mux.HandleFunc("/headers", headers)
	mux.HandleFunc("/env-names", envNames)
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/stream", stream)
	mux.HandleFunc("/exit", exit)
	return mux
}

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hello from Bulkhead</title>
<style>
  body { font: 18px/1.5 system-ui, sans-serif; max-width: 34em; margin: 12vh auto; padding: 0 1em; color: #1b2733 }
  dt { color: #5b6b7a; float: left; clear: left; width: 6em } dd { font-family: monospace; margin: 0 0 0 7em }
</style>
<h1>Hello from your own machine</h1>
<p>A virtual machine of its own runs this app, and this page came to you over TLS.</p>
<dl>
  <dt>app</dt><dd>%s</dd>
  <dt>machine</dt><dd>%s</dd>
  <dt>region</dt><dd>%s</dd>
  <dt>kernel</dt><dd>%s</dd>
</dl>
</html>
`

func welcome(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, page, setting("FLY_APP_NAME"), setting("FLY_MACHINE_ID"), setting("FLY_REGION"), kernel())
}

func setting(name string) string {
	if value := os.Getenv(name); value != "" {
		return html.EscapeString(value)
	}
	return "unknown"
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "unknown"
	}
	return html.EscapeString(strings.TrimSpace(string(release)))
}

func health(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, "ok\n")
}

// headers shows the request as the app got it.
func headers(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, map[string]any{
		"method": r.Method, "target": r.RequestURI, "host": r.Host, "remote": r.RemoteAddr, "headers": r.Header,
	})
}

// envNames shows which variables are set, never what they hold.
func envNames(w http.ResponseWriter, _ *http.Request) {
	names := make([]string, 0)
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	sort.Strings(names)
	writeJSON(w, names)
}

// echo sends the body back while it still comes in.
func echo(w http.ResponseWriter, r *http.Request) {
	if kind := r.Header.Get("Content-Type"); kind != "" {
		w.Header().Set("Content-Type", kind)
	} else {
		w.Header().Set("Content-Type", "application/octet-stream")
	}
	buffer := make([]byte, 32*1024)
	for {
		n, err := r.Body.Read(buffer)
		if n > 0 {
			if _, failed := w.Write(buffer[:n]); failed != nil {
				return
			}
			flush(w)
		}
		if err != nil {
			return
		}
	}
}

// stream sends `count` server-sent events, one every `every` milliseconds.
func stream(w http.ResponseWriter, r *http.Request) {
	count, every := number(r, "count", 10, 100_000), number(r, "every", 1000, 60_000)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	tick := time.NewTicker(time.Duration(every)*time.Millisecond + time.Nanosecond)
	defer tick.Stop()
	for n := 1; n <= count; n++ {
		if _, err := fmt.Fprintf(w, "id: %d\ndata: tick %d\n\n", n, n); err != nil {
			return
		}
		flush(w)
		if n == count {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

// exit ends the app once the answer is out, so that restart policies can be watched.
func exit(w http.ResponseWriter, r *http.Request) {
	code := number(r, "code", 0, 255)
	w.Header().Set("Connection", "close")
	fmt.Fprintf(w, "exiting with code %d\n", code)
	flush(w)
	log.Printf("hello: exiting with code %d as asked", code)
	time.AfterFunc(100*time.Millisecond, func() { os.Exit(code) })
}

func number(r *http.Request, name string, otherwise, most int) int {
	value, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || value < 0 {
		return otherwise
	}
	if value > most {
		return most
	}
	return value
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		log.Printf("hello: %v", err)
	}
}

func flush(w http.ResponseWriter) {
	if flusher, ok := w.(http.Flusher); ok {
		flusher.Flush()
	}
}
