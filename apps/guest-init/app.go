//go:build linux

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// outputGrace is how long output is still awaited after the entry point has ended: a process it left
// behind may hold the pipe open for ever.
const outputGrace = 200 * time.Millisecond

// app is the machine's entry point: its life is the machine's life.
type app struct {
	config    configuration
	outbox    *outbox
	processes *processTable

	mu        sync.Mutex
	pid       int // 0 before it runs and after it has ended
	requested bool
	exited    chan struct{}
}

func newApp(c configuration, o *outbox, t *processTable) *app {
	return &app{config: c, outbox: o, processes: t, exited: make(chan struct{})}
}

func (a *app) ended() bool {
	select {
	case <-a.exited:
		return true
	default:
		return false
	}
}

func (a *app) start() {
	oomBefore := oomKills()
	ended, output, err := a.launch()
	if err != nil {
		code := startFailureCode(err)
		a.finish(exitRecord{ExitCode: &code, Error: err.Error()})
		return
	}
	go func() {
		status := <-ended
		waitAtMost(output, outputGrace)
		code, signal := statusParts(status)
		oom := signal != nil && *signal == int(syscall.SIGKILL) && oomKills() > oomBefore
		a.finish(exitRecord{ExitCode: code, Signal: signal, OOMKilled: oom})
	}()
}

func (a *app) launch() (<-chan syscall.WaitStatus, *sync.WaitGroup, error) {
	command, err := prepareCommand(a.config, a.config.Argv, nil)
	if err != nil {
		return nil, nil, err
	}
	streams, err := openStreams(a.config.TTY, command.who)
	if err != nil {
		return nil, nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	pid, ended, err := a.processes.start(command.path, command.argv, command.attributes(streams.child, a.config.TTY))
	streams.closeChild()
	if err != nil {
		streams.closeOwn()
		return nil, nil, refuse("start_failed", "starting %s: %v", command.path, err)
	}
	a.pid = pid
	output := &sync.WaitGroup{}
	for stream, source := range streams.own {
		output.Add(1)
		go func(stream string, source *os.File) {
			defer output.Done()
			defer source.Close()
			a.copyLines(stream, source)
		}(stream, source)
	}
	return ended, output, nil
}

// copyLines turns a stream into log lines of bounded length.
func (a *app) copyLines(stream string, source io.Reader) {
	reader := bufio.NewReaderSize(source, maxLineBytes)
	for {
		text, err := reader.ReadSlice('\n')
		cut := errors.Is(err, bufio.ErrBufferFull)
		if len(text) > 0 {
			line := strings.TrimRight(string(text), "\r\n")
			a.outbox.append(logLine{Stream: stream, UnixMs: time.Now().UnixMilli(), Text: line, Cut: cut})
		}
		if err != nil && !cut {
			return
		}
	}
}

func (a *app) finish(exit exitRecord) {
	a.mu.Lock()
	a.pid = 0
	exit.Requested = a.requested
	exit.ExitedAt = time.Now().UnixMilli()
	close(a.exited)
	a.mu.Unlock()
	a.outbox.finish(exit)
}

func (a *app) signal(number int) error {
	if number < 1 || number > 64 {
		return refuse("bad_arguments", "signal %d is not in 1..64", number)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.pid == 0 {
		return refuse("not_running", "the app is not running")
	}
	return syscall.Kill(a.pid, syscall.Signal(number))
}

// shutdown asks the app to end and, after the time it was given, ends every process of the machine.
func (a *app) shutdown(r shutdownRequest) error {
	a.mu.Lock()
	a.requested = true
	a.mu.Unlock()
	if a.ended() {
		return nil
	}
	if err := a.signal(r.Signal); err != nil {
		return err
	}
	go func() {
		select {
		case <-a.exited:
		case <-time.After(time.Duration(r.TimeoutMs) * time.Millisecond):
			_ = syscall.Kill(-1, syscall.SIGKILL)
		}
	}()
	return nil
}

// oomKills counts the processes that the kernel has killed for want of memory.
func oomKills() uint64 {
	content, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(content), "\n") {
		if value := strings.TrimPrefix(line, "oom_kill "); value != line {
			count, _ := strconv.ParseUint(value, 10, 64)
			return count
		}
	}
	return 0
}

func waitAtMost(group *sync.WaitGroup, limit time.Duration) {
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

func startFailureCode(err error) int {
	var known refusal
	if errors.As(err, &known) && known.code == "command_not_found" {
		return 127
	}
	return 126
}
