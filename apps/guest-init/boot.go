//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

type mount struct {
	source, target, kind string
	flags                uintptr
	data                 string
}

func (m mount) do() error {
	if err := os.MkdirAll(m.target, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount(m.source, m.target, m.kind, m.flags, m.data); err != nil && !errors.Is(err, syscall.EBUSY) {
		return fmt.Errorf("mounting %s on %s: %w", m.kind, m.target, err)
	}
	return nil
}

const noExec = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC

// mountEarly mounts what module loading and device discovery need, below the initrd's root.
func mountEarly() error {
	return mountAll([]mount{
		{"proc", "/proc", "proc", noExec, ""},
		{"sysfs", "/sys", "sysfs", noExec, ""},
		{"devtmpfs", "/dev", "devtmpfs", syscall.MS_NOSUID, "mode=0755"},
	})
}

func mountAll(mounts []mount) error {
	for _, m := range mounts {
		if err := m.do(); err != nil {
			return err
		}
	}
	return nil
}

// loadModules inserts every module of dir in the order of their names (the initrd numbers them) and
// removes them afterwards: the initrd's pages are the guest's memory.
func loadModules(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil // a kernel with everything built in
	}
	if err != nil {
		return err
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	sort.Strings(names)
	for _, name := range names {
		if err := loadModule(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("loading module %s: %w", name, err)
		}
	}
	return os.RemoveAll(dir)
}

const sysFinitModule = 313

func loadModule(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	parameters := []byte{0}
	_, _, errno := syscall.Syscall(sysFinitModule, file.Fd(), uintptr(unsafe.Pointer(&parameters[0])), 0)
	if errno != 0 && errno != syscall.EEXIST {
		return errno
	}
	return nil
}

// waitFor polls check until it finds something: devices appear some milliseconds after their driver.
func waitFor(what string, limit time.Duration, check func() (string, bool)) (string, error) {
	deadline := time.Now().Add(limit)
	for {
		if found, ok := check(); ok {
			return found, nil
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("no %s after %s", what, limit)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// findByAttribute looks for the sysfs directory whose attribute file holds value.
func findByAttribute(pattern, value string) func() (string, bool) {
	return func() (string, bool) {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			if content, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(content)) == value {
				return path, true
			}
		}
		return "", false
	}
}

func openControlPort(name string, limit time.Duration) (*port, error) {
	path, err := waitFor("virtio port "+name, limit, findByAttribute("/sys/class/virtio-ports/*/name", name))
	if err != nil {
		return nil, err
	}
	device := "/dev/" + filepath.Base(filepath.Dir(path))
	// Blocking on purpose: the port's poll reports a hang-up for as long as the worker is away.
	fd, err := syscall.Open(device, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", device, err)
	}
	return &port{fd: fd}, nil
}

// enterRoot makes the image (read-only, on the disk with this serial) with a memory-backed upper layer
// the root of this process and of everything it starts.
func enterRoot(serial string, limit time.Duration) error {
	path, err := waitFor("disk "+serial, limit, findByAttribute("/sys/block/*/serial", serial))
	if err != nil {
		return err
	}
	device := "/dev/" + filepath.Base(filepath.Dir(path))
	if err := mountAll([]mount{
		{device, "/layers/image", "erofs", syscall.MS_RDONLY, ""},
		{"tmpfs", "/layers/write", "tmpfs", 0, "mode=0755,size=80%"},
	}); err != nil {
		return err
	}
	for _, dir := range []string{"/layers/write/upper", "/layers/write/work"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	overlay := "lowerdir=/layers/image,upperdir=/layers/write/upper,workdir=/layers/write/work"
	if err := (mount{"overlay", "/newroot", "overlay", 0, overlay}).do(); err != nil {
		return err
	}
	if err := populateRoot("/newroot"); err != nil {
		return err
	}
	return switchRoot("/newroot")
}

// populateRoot mounts the kernel's file systems into the new root. /run and /tmp stay the image's:
// images ship directories below /run, and both already live in memory through the overlay.
func populateRoot(root string) error {
	if err := mountAll([]mount{
		{"proc", root + "/proc", "proc", noExec, ""},
		{"sysfs", root + "/sys", "sysfs", noExec, ""},
		{"devtmpfs", root + "/dev", "devtmpfs", syscall.MS_NOSUID, "mode=0755"},
		{"devpts", root + "/dev/pts", "devpts", syscall.MS_NOSUID | syscall.MS_NOEXEC, "mode=0620,gid=5,ptmxmode=0666"},
		{"tmpfs", root + "/dev/shm", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, "mode=1777"},
		{"cgroup2", root + "/sys/fs/cgroup", "cgroup2", noExec, ""},
	}); err != nil {
		return err
	}
	for path, mode := range map[string]os.FileMode{"/run": 0o755, "/tmp": 0o777 | os.ModeSticky, "/etc": 0o755} {
		if err := os.Mkdir(root+path, 0o700); err == nil {
			if err := os.Chmod(root+path, mode); err != nil {
				return err
			}
		}
	}
	links := map[string]string{
		"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0",
		"/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
	}
	for link, target := range links {
		if err := os.Symlink(target, root+link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// switchRoot moves the new root over the initrd's, which pivot_root can't replace.
func switchRoot(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := syscall.Mount(".", "/", "", syscall.MS_MOVE, ""); err != nil {
		return fmt.Errorf("moving the root: %w", err)
	}
	if err := syscall.Chroot("."); err != nil {
		return fmt.Errorf("entering the root: %w", err)
	}
	return os.Chdir("/")
}
