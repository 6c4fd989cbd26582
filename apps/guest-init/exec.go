//go:build linux

package main

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

const outputChunk = 32 << 10

// exec runs a program beside the app, as the app's user, and passes its output on while it runs.
func (a *agent) exec(r execRequest, output func(stream string, data []byte) error) (any, error) {
	app := a.currentApp()
	if app == nil {
		return nil, refuse("not_configured", "this machine has no configuration yet")
	}
	command, err := prepareCommand(app.config, r.Argv, r.Env)
	if err != nil {
		return nil, err
	}
	input, feed, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	files, err := openPipes(input, command.who)
	if err != nil {
		return nil, err
	}
	pid, ended, err := a.processes.start(command.path, command.argv, command.attributes(files.child, false))
	files.closeChild()
	if err != nil {
		feed.Close()
		files.closeOwn()
		return nil, refuse("start_failed", "starting %s: %v", command.path, err)
	}
	go func() {
		_, _ = feed.Write(r.Stdin) // a program may end without reading its input
		feed.Close()
	}()
	copies := &outputCopies{limit: r.MaxOutput, output: output}
	for stream, source := range files.own {
		copies.start(stream, source)
	}
	status, timedOut := waitOrKill(pid, ended, time.Duration(r.TimeoutMs)*time.Millisecond)
	waitAtMost(&copies.running, outputGrace)
	files.closeOwn()
	code, signal := statusParts(status)
	return execResult{code, signal, timedOut, copies.wasTruncated()}, nil
}

// waitOrKill ends the process's whole session when its time is up.
func waitOrKill(pid int, ended <-chan syscall.WaitStatus, limit time.Duration) (syscall.WaitStatus, bool) {
	select {
	case status := <-ended:
		return status, false
	case <-time.After(limit):
		_ = syscall.Kill(-pid, syscall.SIGKILL)
		return <-ended, true
	}
}

// outputCopies passes at most limit bytes of each stream on; the rest is read and thrown away, so that
// the program is not held up by a limit it can't know.
type outputCopies struct {
	limit   int
	output  func(stream string, data []byte) error
	running sync.WaitGroup

	mu        sync.Mutex
	truncated bool
}

func (c *outputCopies) start(stream string, source io.Reader) {
	c.running.Add(1)
	go func() {
		defer c.running.Done()
		c.copy(stream, source)
	}()
}

func (c *outputCopies) copy(stream string, source io.Reader) {
	left := c.limit
	buffer := make([]byte, outputChunk)
	for {
		n, err := source.Read(buffer)
		passed := n
		if passed > left {
			passed = left
			c.mu.Lock()
			c.truncated = true
			c.mu.Unlock()
		}
		if passed > 0 && c.output(stream, buffer[:passed]) != nil {
			return
		}
		left -= passed
		if err != nil {
			return
		}
	}
}

func (c *outputCopies) wasTruncated() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.truncated
}
