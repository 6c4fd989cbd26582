package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// The control channel carries frames: a 4-byte big-endian length, then that many bytes of JSON.
// Eight 0xFF bytes, which neither JSON nor an allowed length can contain, start a session anew: a port
// outlives the worker's process, so either side may see the end of a frame whose beginning went to a
// connection that is gone.
var resetMark = bytes.Repeat([]byte{0xFF}, 8)

const (
	maxIncomingFrame = 8 << 20   // a machine's configuration with its files
	maxOutgoingFrame = 256 << 10 // what the worker accepts from a guest
)

// frameReader cuts a byte stream into frames. It begins with a reset mark, and so it does again after
// bytes that are no frame.
type frameReader struct {
	pending      []byte
	synchronized bool
}

// push adds bytes and returns the complete frames. What stands before a reset mark is forgotten.
func (r *frameReader) push(chunk []byte) ([][]byte, error) {
	scanFrom := len(r.pending) - len(resetMark) + 1
	if scanFrom < 0 {
		scanFrom = 0
	}
	r.pending = append(r.pending, chunk...)
	if at := bytes.LastIndex(r.pending[scanFrom:], resetMark); at >= 0 {
		r.pending = append([]byte(nil), r.pending[scanFrom+at+len(resetMark):]...)
		r.synchronized = true
	}
	if !r.synchronized {
		r.skip()
		return nil, nil
	}
	return r.cut()
}

func (r *frameReader) cut() ([][]byte, error) {
	var frames [][]byte
	for {
		// Between frames these can only belong to a reset mark, or be the end of one.
		for len(r.pending) > 0 && r.pending[0] == 0xFF {
			r.pending = r.pending[1:]
		}
		if len(r.pending) < 4 {
			break
		}
		length := binary.BigEndian.Uint32(r.pending)
		if length > maxIncomingFrame {
			r.synchronized = false
			r.skip()
			return frames, fmt.Errorf("frame of %d bytes, at most %d are allowed", length, maxIncomingFrame)
		}
		if len(r.pending) < 4+int(length) {
			break
		}
		frames = append(frames, append([]byte(nil), r.pending[4:4+length]...))
		r.pending = r.pending[4+length:]
	}
	if len(r.pending) == 0 {
		r.pending = nil
	}
	return frames, nil
}

// skip keeps only what may be the beginning of a reset mark.
func (r *frameReader) skip() {
	if keep := len(resetMark) - 1; len(r.pending) > keep {
		r.pending = append([]byte(nil), r.pending[len(r.pending)-keep:]...)
	}
}

func encodeFrame(message any) ([]byte, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return nil, err
	}
	if len(body) > maxOutgoingFrame {
		return nil, fmt.Errorf("message of %d bytes, at most %d are allowed", len(body), maxOutgoingFrame)
	}
	frame := make([]byte, 4, 4+len(body))
	binary.BigEndian.PutUint32(frame, uint32(len(body)))
	return append(frame, body...), nil
}
