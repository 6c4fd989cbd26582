//go:build linux

package main

import (
	"sync"
	"syscall"
	"time"
)

// port is the virtio-serial device of the control channel.
type port struct {
	fd      int
	mu      sync.Mutex
	session uint64
}

// awayPause is how often an absent worker is looked for.
const awayPause = 50 * time.Millisecond

// read blocks for bytes. No bytes and no error means that no worker is connected.
func (p *port) read(buffer []byte) (int, error) {
	for {
		n, err := syscall.Read(p.fd, buffer)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		return n, err
	}
}

// send writes one message as a whole, unless its session is over; it blocks while the worker doesn't read.
func (p *port) send(session uint64, message any) error {
	frame, err := encodeFrame(message)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if session != p.session {
		return nil
	}
	return p.write(frame)
}

// greet starts a session and returns its number. The mark and the hello are adjacent.
func (p *port) greet(hello helloMessage) (uint64, error) {
	frame, err := encodeFrame(hello)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session++
	return p.session, p.write(append(append([]byte(nil), resetMark...), frame...))
}

func (p *port) write(bytes []byte) error {
	for len(bytes) > 0 {
		n, err := syscall.Write(p.fd, bytes)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			continue
		}
		if err != nil {
			return err
		}
		bytes = bytes[n:]
	}
	return nil
}
