//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// command is a program that is ready to be started as the configured user.
type command struct {
	path string
	argv []string
	env  []string
	dir  string
	who  identity
}

// prepareCommand resolves user, environment, directory and program; extraEnv goes over the machine's own.
func prepareCommand(c configuration, argv []string, extraEnv map[string]string) (command, error) {
	if len(argv) == 0 || argv[0] == "" {
		return command{}, refuse("command_not_found", "the image names no entry point and none was given")
	}
	who, err := resolveUser(c.User)
	if err != nil {
		return command{}, err
	}
	env := map[string]string{"PATH": defaultPath, "HOME": who.home, "HOSTNAME": c.Hostname}
	if c.TTY {
		env["TERM"] = "xterm"
	}
	for _, source := range []map[string]string{c.Env, extraEnv} {
		for name, value := range source {
			env[name] = value
		}
	}
	dir := c.Workdir
	if dir == "" {
		dir = "/"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return command{}, refuse("bad_workdir", "working directory %s: %v", dir, err)
	}
	path, err := findProgram(argv[0], env["PATH"], dir)
	if err != nil {
		return command{}, err
	}
	list := make([]string, 0, len(env))
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return command{path, argv, list, dir, who}, nil
}

func findProgram(name, path, dir string) (string, error) {
	if strings.Contains(name, "/") {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			return "", refuse("command_not_found", "%s is not in the image", name)
		}
		return name, nil
	}
	for _, entry := range filepath.SplitList(path) {
		if !filepath.IsAbs(entry) {
			entry = filepath.Join(dir, entry)
		}
		candidate := filepath.Join(entry, name)
		if info, err := os.Stat(candidate); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", refuse("command_not_found", "%s is not in the image's PATH (%s)", name, path)
}

func (c command) attributes(files []*os.File, tty bool) *syscall.ProcAttr {
	fds := make([]uintptr, len(files))
	for i, file := range files {
		fds[i] = file.Fd()
	}
	return &syscall.ProcAttr{
		Dir: c.dir, Env: c.env, Files: fds,
		Sys: &syscall.SysProcAttr{
			Setsid: true, Setctty: tty, Ctty: 0,
			Credential: &syscall.Credential{Uid: c.who.uid, Gid: c.who.gid, Groups: c.who.groups},
		},
	}
}

// streams are a process's three standard files and our ends of those it writes.
type streams struct {
	child []*os.File
	own   map[string]*os.File
}

func (s streams) closeChild() {
	closed := map[*os.File]bool{}
	for _, file := range s.child {
		if !closed[file] {
			closed[file] = true
			file.Close()
		}
	}
}

func (s streams) closeOwn() {
	for _, file := range s.own {
		file.Close()
	}
}

// openStreams makes a terminal, or an empty input and one pipe per output. The files belong to the
// process's user: images open /dev/stdout by name.
func openStreams(tty bool, who identity) (streams, error) {
	if tty {
		own, child, err := openTerminal()
		if err != nil {
			return streams{}, err
		}
		if err := child.Chown(int(who.uid), 5); err != nil {
			return streams{}, err
		}
		return streams{[]*os.File{child, child, child}, map[string]*os.File{"stdout": own}}, nil
	}
	input, err := os.Open(os.DevNull)
	if err != nil {
		return streams{}, err
	}
	return openPipes(input, who)
}

func openPipes(input *os.File, who identity) (streams, error) {
	result := streams{[]*os.File{input}, map[string]*os.File{}}
	for _, name := range []string{"stdout", "stderr"} {
		read, write, err := os.Pipe()
		if err != nil {
			return streams{}, err
		}
		if err := write.Chown(int(who.uid), int(who.gid)); err != nil {
			return streams{}, err
		}
		result.child = append(result.child, write)
		result.own[name] = read
	}
	return result, nil
}

func openTerminal() (own, child *os.File, err error) {
	own, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var number, unlocked uint32
	for request, argument := range map[uintptr]*uint32{syscall.TIOCGPTN: &number, syscall.TIOCSPTLCK: &unlocked} {
		if err := ioctl(own.Fd(), request, unsafe.Pointer(argument)); err != nil {
			return nil, nil, fmt.Errorf("opening a terminal: %w", err)
		}
	}
	child, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	return own, child, err
}

func ioctl(fd, request uintptr, argument unsafe.Pointer) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}
