package main

import (
	"reflect"
	"testing"
)

var (
	passwd = [][]string{{"root", "x", "0", "0", "", "/root", "/bin/sh"}, {"app", "x", "1000", "1001", "", "/home/app", ""}, {"1234", "x", "7", "7", "", "", ""}}
	group  = [][]string{{"root", "x", "0", ""}, {"staff", "x", "50", "other,app"}, {"app", "x", "1001"}}
)

func TestResolveUser(t *testing.T) {
	cases := map[string]identity{
		"":            {uid: 0, gid: 0, home: "/root"},
		"app":         {uid: 1000, gid: 1001, groups: []uint32{50}, home: "/home/app"},
		"1000":        {uid: 1000, gid: 1001, groups: []uint32{50}, home: "/home/app"},
		"app:staff":   {uid: 1000, gid: 50, home: "/home/app"},
		"app:0":       {uid: 1000, gid: 0, home: "/home/app"},
		"4000":        {uid: 4000, gid: 0, home: "/"},
		"4000:4001":   {uid: 4000, gid: 4001, home: "/"},
		"1234":        {uid: 7, gid: 7, home: "/"}, // a name that looks like a number is a name
		":staff":      {uid: 0, gid: 50, home: "/root"},
		"app:missing": {},
		"missing":     {},
		"-1":          {},
		"4294967296":  {},
	}
	for spec, want := range cases {
		got, err := resolveUserIn(spec, passwd, group)
		if reflect.DeepEqual(want, identity{}) {
			if err == nil {
				t.Errorf("%q was accepted as %+v", spec, got)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v; want %+v", spec, got, err, want)
		}
	}
}
