//go:build linux

package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// processTable starts processes and reaps every child, its own and the orphans PID 1 inherits. Starting
// holds the lock, so a child that ends at once is still known when it is reaped.
type processTable struct {
	mu      sync.Mutex
	waiting map[int]chan syscall.WaitStatus
}

func newProcessTable() *processTable {
	return &processTable{waiting: map[int]chan syscall.WaitStatus{}}
}

// start runs a program; the channel gets its wait status once.
func (t *processTable) start(path string, argv []string, attr *syscall.ProcAttr) (int, <-chan syscall.WaitStatus, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pid, err := syscall.ForkExec(path, argv, attr)
	if err != nil {
		return 0, nil, err
	}
	ended := make(chan syscall.WaitStatus, 1)
	t.waiting[pid] = ended
	return pid, ended, nil
}

func (t *processTable) reapForever() {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	for {
		for t.reapOne() {
		}
		<-children
	}
}

func (t *processTable) reapOne() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	if err == syscall.EINTR {
		return true
	}
	if err != nil || pid <= 0 {
		return false
	}
	if ended, ok := t.waiting[pid]; ok {
		delete(t.waiting, pid)
		ended <- status
	}
	return true
}

// statusParts splits a wait status into an exit code or a signal.
func statusParts(status syscall.WaitStatus) (code, signal *int) {
	if status.Signaled() {
		number := int(status.Signal())
		return nil, &number
	}
	number := status.ExitStatus()
	return &number, nil
}
