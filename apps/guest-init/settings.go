//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

func applySettings(c configuration) error {
	if err := setClock(c.Clock); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(c.Hostname)); err != nil {
		return fmt.Errorf("setting the host name: %w", err)
	}
	if err := setUpNetwork(c.Network); err != nil {
		return err
	}
	if err := writeNames(c); err != nil {
		return err
	}
	for _, file := range c.Files {
		if err := writeFile(file); err != nil {
			return refuse("bad_file", "writing %s: %v", file.Path, err)
		}
	}
	return nil
}

const (
	ioctlAddEntropy = 0x40085203 // RNDADDENTROPY
	ioctlReseed     = 0x5207     // RNDRESEEDCRNG
)

func setClock(c clockSettings) error {
	now := syscall.NsecToTimeval(c.UnixMs * 1e6)
	if err := syscall.Settimeofday(&now); err != nil {
		return fmt.Errorf("setting the clock: %w", err)
	}
	random, err := os.OpenFile("/dev/urandom", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer random.Close()
	// struct rand_pool_info: entropy in bits, length in bytes, bytes.
	pool := make([]byte, 8, 8+len(c.Seed))
	binary.LittleEndian.PutUint32(pool, uint32(len(c.Seed)*8))
	binary.LittleEndian.PutUint32(pool[4:], uint32(len(c.Seed)))
	pool = append(pool, c.Seed...)
	if err := ioctl(random.Fd(), ioctlAddEntropy, unsafe.Pointer(&pool[0])); err != nil {
		return fmt.Errorf("adding entropy: %w", err)
	}
	if err := ioctl(random.Fd(), ioctlReseed, nil); err != nil {
		return fmt.Errorf("reseeding: %w", err)
	}
	return nil
}

func writeNames(c configuration) error {
	hosts := &strings.Builder{}
	for _, entry := range c.Hosts {
		fmt.Fprintf(hosts, "%s\t%s\n", entry.Address, strings.Join(entry.Names, " "))
	}
	for path, content := range map[string]string{
		"/etc/hostname": c.Hostname + "\n", "/etc/hosts": hosts.String(), "/etc/resolv.conf": c.ResolvConf,
	} {
		_ = os.Remove(path) // in some images a link to a file that a service would make
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(file fileToWrite) error {
	if !filepath.IsAbs(file.Path) {
		return fmt.Errorf("the path is not absolute")
	}
	if err := os.MkdirAll(filepath.Dir(file.Path), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(file.Mode & 0o777)
	if err := os.WriteFile(file.Path, file.Data, mode); err != nil {
		return err
	}
	return os.Chmod(file.Path, mode) // the file may have been there, and the umask is ours
}
