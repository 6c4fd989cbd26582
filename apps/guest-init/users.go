package main

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"
)

// identity is who a process runs as.
type identity struct {
	uid, gid uint32
	groups   []uint32
	home     string
}

// resolveUser reads a container image's user ("", "name", "uid", "name:group", "uid:gid") by the
// image's own /etc/passwd and /etc/group, as container engines do: without a group, the user's own and
// those it is a member of; with one, only that.
func resolveUser(spec string) (identity, error) {
	return resolveUserIn(spec, readTable("/etc/passwd"), readTable("/etc/group"))
}

func resolveUserIn(spec string, passwd, group [][]string) (identity, error) {
	userName, groupName, hasGroup := strings.Cut(spec, ":")
	if userName == "" {
		userName = "0"
	}
	who := identity{home: "/"}
	entry := findEntry(passwd, userName, 7)
	switch {
	case entry != nil:
		uid, uidErr := parseID(entry[2])
		gid, gidErr := parseID(entry[3])
		if uidErr != nil || gidErr != nil {
			return who, refuse("unknown_user", "the image's /etc/passwd has no numeric ids for %q", userName)
		}
		who.uid, who.gid = uid, gid
		if entry[5] != "" {
			who.home = entry[5]
		}
	default:
		uid, err := parseID(userName)
		if err != nil {
			return who, refuse("unknown_user", "the image has no user %q in /etc/passwd", userName)
		}
		who.uid = uid
	}
	if hasGroup && groupName != "" {
		gid, err := resolveGroup(groupName, group)
		who.gid = gid
		return who, err
	}
	if entry != nil {
		who.groups = memberships(entry[0], group)
	}
	return who, nil
}

func resolveGroup(name string, group [][]string) (uint32, error) {
	text := name
	if entry := findEntry(group, name, 3); entry != nil {
		text = entry[2]
	}
	gid, err := parseID(text)
	if err != nil {
		return 0, refuse("unknown_user", "the image has no group %q in /etc/group", name)
	}
	return gid, nil
}

func memberships(user string, group [][]string) []uint32 {
	var gids []uint32
	for _, entry := range group {
		if len(entry) < 4 {
			continue
		}
		for _, member := range strings.Split(entry[3], ",") {
			if gid, err := parseID(entry[2]); err == nil && member == user {
				gids = append(gids, gid)
			}
		}
	}
	return gids
}

// findEntry looks a name or a number up; names come first in both files, the id is the third field.
func findEntry(table [][]string, nameOrID string, fields int) []string {
	for _, column := range []int{0, 2} {
		for _, entry := range table {
			if len(entry) >= fields && entry[column] == nameOrID {
				return entry
			}
		}
	}
	return nil
}

func parseID(text string) (uint32, error) {
	id, err := strconv.ParseUint(text, 10, 31)
	return uint32(id), err
}

const maxTableBytes = 1 << 20

func readTable(path string) [][]string {
	file, err := os.Open(path)
	if err != nil {
		return nil // an image without users: numbers still work
	}
	defer file.Close()
	var table [][]string
	lines := bufio.NewScanner(io.LimitReader(file, maxTableBytes))
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && line[0] != '#' {
			table = append(table, strings.Split(line, ":"))
		}
	}
	return table
}
