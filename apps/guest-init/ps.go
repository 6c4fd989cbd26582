//go:build linux

package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

const (
	maxListed       = 256
	maxCommandBytes = 512
	ticksPerSecond  = 100 // USER_HZ, fixed on Linux
)

// process has the shape of the Machines API's ProcessStat.
type process struct {
	PID       int            `json:"pid"`
	Command   string         `json:"command"`
	Directory string         `json:"directory"`
	CPU       uint64         `json:"cpu"`   // percent of one processor over its life
	RTime     uint64         `json:"rtime"` // seconds since its start
	STime     uint64         `json:"stime"` // seconds of processor time in the kernel
	RSS       uint64         `json:"rss"`   // bytes
	Sockets   []listenSocket `json:"listen_sockets"`
}

type listenSocket struct {
	Proto   string `json:"proto"`
	Address string `json:"address"`
}

// listProcesses reads the processes of user space, PID 1 left out.
func listProcesses() (any, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	uptime := readUptime()
	sockets := listeningSockets()
	list := []process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == 1 || len(list) == maxListed {
			continue
		}
		if found, ok := readProcess(pid, uptime); ok {
			found.Sockets = socketsOf(pid, sockets)
			list = append(list, found)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].PID < list[j].PID })
	return list, nil
}

// readProcess fails for kernel threads, which have no command line, and for what has just ended.
func readProcess(pid int, uptime float64) (process, bool) {
	dir := fmt.Sprintf("/proc/%d/", pid)
	commandLine, err := os.ReadFile(dir + "cmdline")
	if err != nil || len(commandLine) == 0 {
		return process{}, false
	}
	if len(commandLine) > maxCommandBytes {
		commandLine = commandLine[:maxCommandBytes]
	}
	stat, err := os.ReadFile(dir + "stat")
	if err != nil {
		return process{}, false
	}
	fields := statFields(stat)
	if len(fields) < 22 {
		return process{}, false
	}
	directory, _ := os.Readlink(dir + "cwd")
	// proc(5): utime 14, stime 15, starttime 22, rss 24; fields begin at 3 here.
	utime, stime, start := fields[11], fields[12], fields[19]
	lived := uptime - float64(start)/ticksPerSecond
	p := process{
		PID: pid, Directory: directory,
		Command: strings.ToValidUTF8(string(bytes.TrimRight(bytes.ReplaceAll(commandLine, []byte{0}, []byte{' '}), " ")), "\uFFFD"),
		STime:   stime / ticksPerSecond, RSS: fields[21] * uint64(os.Getpagesize()),
	}
	if lived > 0 {
		p.RTime = uint64(lived)
		p.CPU = uint64(float64(utime+stime) / ticksPerSecond / lived * 100)
	}
	return p, true
}

// statFields are the numbers after the command name, which may itself hold blanks and brackets.
func statFields(stat []byte) []uint64 {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return nil
	}
	var numbers []uint64
	for _, field := range strings.Fields(string(stat[end+1:])) {
		number, _ := strconv.ParseUint(field, 10, 64)
		numbers = append(numbers, number)
	}
	return numbers
}

func readUptime() float64 {
	content, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), " ")
	uptime, _ := strconv.ParseFloat(first, 64)
	return uptime
}

// listeningSockets maps socket inodes to what listens there: TCP in state LISTEN, bound UDP.
func listeningSockets() map[string]listenSocket {
	found := map[string]listenSocket{}
	for _, proto := range []string{"tcp", "tcp6", "udp", "udp6"} {
		content, err := os.ReadFile("/proc/net/" + proto)
		if err != nil {
			continue
		}
		wanted := "0A"
		if strings.HasPrefix(proto, "udp") {
			wanted = "07"
		}
		for _, line := range strings.Split(string(content), "\n") {
			fields := strings.Fields(line)
			if len(fields) < 10 || fields[3] != wanted {
				continue
			}
			if address, ok := parseSocketAddress(fields[1]); ok {
				found["socket:["+fields[9]+"]"] = listenSocket{proto[:3], address}
			}
		}
	}
	return found
}

// parseSocketAddress reads the kernel's notation: 32-bit words in host order, then the port.
func parseSocketAddress(text string) (string, bool) {
	hexAddress, hexPort, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(hexAddress)
	port, portErr := strconv.ParseUint(hexPort, 16, 16)
	if !ok || err != nil || portErr != nil || len(raw)%4 != 0 {
		return "", false
	}
	for i := 0; i < len(raw); i += 4 {
		raw[i], raw[i+1], raw[i+2], raw[i+3] = raw[i+3], raw[i+2], raw[i+1], raw[i]
	}
	return net.JoinHostPort(net.IP(raw).String(), strconv.FormatUint(port, 10)), true
}

func socketsOf(pid int, known map[string]listenSocket) []listenSocket {
	sockets := []listenSocket{}
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			if socket, ok := known[target]; ok && len(sockets) < 32 {
				sockets = append(sockets, socket)
			}
		}
	}
	return sockets
}
