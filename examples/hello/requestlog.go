package main

import (
	"log"
	"net/http"
	"time"
)

// logged writes one line per request: method, path, status, bytes, duration and the platform's request id.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		counted := &countingWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(counted, r)
		took := time.Since(start).Round(100 * time.Microsecond)
		log.Printf("%s %q %d %dB %s id=%q", r.Method, r.URL.Path, counted.status, counted.bytes, took, r.Header.Get("Fly-Request-Id"))
	})
}

type countingWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *countingWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *countingWriter) Write(data []byte) (int, error) {
	n, err := w.ResponseWriter.Write(data)
	w.bytes += int64(n)
	return n, err
}

func (w *countingWriter) Flush() { flush(w.ResponseWriter) }
