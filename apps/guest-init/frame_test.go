package main

import (
	"bytes"
	"encoding/binary"
	"testing"
)

func frameOf(body string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

func readAll(t *testing.T, chunks ...[]byte) []string {
	t.Helper()
	var reader frameReader
	var bodies []string
	for _, chunk := range chunks {
		frames, err := reader.push(chunk)
		if err != nil {
			t.Fatal(err)
		}
		for _, frame := range frames {
			bodies = append(bodies, string(frame))
		}
	}
	return bodies
}

func expectBodies(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestFramesArriveInAnyPieces(t *testing.T) {
	stream := append(append(append([]byte(nil), resetMark...), frameOf(`{"a":1}`)...), frameOf(`{}`)...)
	expectBodies(t, readAll(t, stream), `{"a":1}`, `{}`)
	var single [][]byte
	for i := range stream {
		single = append(single, stream[i:i+1])
	}
	expectBodies(t, readAll(t, single...), `{"a":1}`, `{}`)
}

func TestResetDropsTheFrameThatWasUnderWay(t *testing.T) {
	interrupted := frameOf(`{"stdin":"` + string(bytes.Repeat([]byte("x"), 1000)) + `"}`)[:200]
	expectBodies(t, readAll(t, resetMark, interrupted, resetMark, frameOf(`{"b":2}`)), `{"b":2}`)
	expectBodies(t, readAll(t, resetMark, interrupted, resetMark[:3], resetMark[3:], frameOf(`{"b":2}`)), `{"b":2}`)
}

func TestTooLongFrameIsRefusedAndForgotten(t *testing.T) {
	var reader frameReader
	tooLong := binary.BigEndian.AppendUint32(append([]byte(nil), resetMark...), maxIncomingFrame+1)
	if _, err := reader.push(tooLong); err == nil {
		t.Fatal("a frame beyond the limit was accepted")
	}
	frames, err := reader.push(append(append([]byte(nil), resetMark...), frameOf(`{}`)...))
	if err != nil || len(frames) != 1 {
		t.Fatalf("no new session after a refused frame: %v %v", frames, err)
	}
}

func TestTooLongMessageIsNotSent(t *testing.T) {
	if _, err := encodeFrame(string(make([]byte, maxOutgoingFrame))); err == nil {
		t.Fatal("a message beyond the limit was encoded")
	}
}

// Whatever came before it, a session that begins with the mark is understood.
func FuzzSessionAfterAnyBytes(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x05ab"), 3)
	f.Add(bytes.Repeat([]byte{0xFF}, 7), 1)
	f.Add([]byte("0"), 6)
	f.Add([]byte("0000000000000\xff"), 21)
	f.Add([]byte{0, 0x80, 0, 0}, 4)
	f.Fuzz(func(t *testing.T, garbage []byte, at int) {
		var reader frameReader
		stream := append(append(append([]byte(nil), garbage...), resetMark...), frameOf(`{"type":"attach"}`)...)
		if at < 0 || at > len(stream) {
			at = len(stream) / 2
		}
		before, _ := reader.push(stream[:at])
		after, _ := reader.push(stream[at:])
		frames := append(before, after...)
		if len(frames) == 0 || string(frames[len(frames)-1]) != `{"type":"attach"}` {
			t.Fatalf("the session's first frame was lost after %x, cut at %d", garbage, at)
		}
	})
}
