//go:build linux

// Command guest-init is PID 1 of a Bulkhead machine. It opens the control channel to the
// worker, receives the machine's configuration over it, enters the image's file system, starts the entry
// point and supervises it until the worker has acknowledged how it ended.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

const (
	controlPortName = "ctl.0"
	rootDisk        = "root"
	deviceLimit     = 5 * time.Second
)

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "guest-init: is the first process of a virtual machine, nothing else")
		os.Exit(2)
	}
	if err := run(); err != nil {
		console("fatal: %v", err)
	}
	restart()
}

func run() error {
	if err := mountEarly(); err != nil {
		return err
	}
	if err := loadModules("/modules"); err != nil {
		return err
	}
	port, err := openControlPort(controlPortName, deviceLimit)
	if err != nil {
		return err
	}
	return newAgent(port).serve()
}

// console writes to the kernel's log, which ends up on the machine's console.
func console(format string, args ...any) {
	line := fmt.Sprintf("guest-init: "+format, args...)
	if kmsg, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0); err == nil {
		defer kmsg.Close()
		if _, err := fmt.Fprintf(kmsg, "<3>%s\n", line); err == nil {
			return
		}
	}
	fmt.Fprintln(os.Stderr, line)
}

// restart ends the virtual machine: the VMM runs with no-reboot, so a restart is a power-off.
func restart() {
	syscall.Sync()
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART)
	for {
		time.Sleep(time.Hour)
	}
}
