package main

import (
	"strings"
	"sync"
)

const (
	keptLogBytes = 64 << 10
	maxLineBytes = 16 << 10
	lineOverhead = 64 // of JSON around a line's text
	// JSON takes up to six bytes for one of text, so a batch always fits in a frame.
	logBatchBytes = maxOutgoingFrame/6 - 1024
)

type logLine struct {
	Seq    uint64 `json:"seq"`
	Stream string `json:"stream"`
	UnixMs int64  `json:"unixMs"`
	Text   string `json:"text"`
	Cut    bool   `json:"cut,omitempty"` // the line goes on in the next entry
}

func (l logLine) size() int { return len(l.Text) + lineOverhead }

// outbox keeps what the worker must not miss: log lines and, last, how the app ended, until the worker
// has acknowledged them. While a worker is attached a full outbox makes the writer wait, so that an app
// that floods slows itself down; while none is, the oldest lines give way, so that an app never hangs
// because its host is busy with itself.
type outbox struct {
	mu       sync.Mutex
	changed  *sync.Cond
	lines    []logLine
	bytes    int
	nextSeq  uint64
	dropped  uint64
	exit     *exitRecord
	session  uint64 // 0: no worker is attached
	sentSeq  uint64 // highest sequence number handed to this session
	sentExit bool
}

func newOutbox() *outbox {
	o := &outbox{nextSeq: 1}
	o.changed = sync.NewCond(&o.mu)
	return o
}

func (o *outbox) append(line logLine) {
	o.mu.Lock()
	defer o.mu.Unlock()
	line.Text = strings.ToValidUTF8(line.Text, "\uFFFD")
	for o.bytes+line.size() > keptLogBytes && len(o.lines) > 0 {
		if o.session != 0 {
			o.changed.Wait()
			continue
		}
		o.forgetOldest()
		o.dropped++
	}
	line.Seq = o.nextSeq
	o.nextSeq++
	o.lines = append(o.lines, line)
	o.bytes += line.size()
	o.changed.Broadcast()
}

func (o *outbox) forgetOldest() {
	o.bytes -= o.lines[0].size()
	o.lines = o.lines[1:]
}

// finish adds the exit record, which is sent after every line.
func (o *outbox) finish(exit exitRecord) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.exit = &exit
	o.changed.Broadcast()
}

// attach makes everything kept due again: a session can't know what the one before it received.
func (o *outbox) attach(session uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.session, o.sentSeq, o.sentExit = session, 0, false
	o.changed.Broadcast()
}

func (o *outbox) detach() { o.attach(0) }

func (o *outbox) acknowledge(seq uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.lines) > 0 && o.lines[0].Seq <= seq {
		o.forgetOldest()
	}
	o.changed.Broadcast()
}

// next waits for something that is due and returns it with the session it is due for.
func (o *outbox) next() (any, uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if o.session != 0 {
			if batch := o.dueLines(); len(batch) > 0 {
				o.sentSeq = batch[len(batch)-1].Seq
				return logMessage{"log", batch, o.dropped}, o.session
			}
			if o.exit != nil && !o.sentExit {
				o.sentExit = true
				return exitMessage{"exit", *o.exit}, o.session
			}
		}
		o.changed.Wait()
	}
}

func (o *outbox) dueLines() []logLine {
	var batch []logLine
	size := 0
	for _, line := range o.lines {
		if line.Seq <= o.sentSeq {
			continue
		}
		size += line.size()
		if len(batch) > 0 && size > logBatchBytes {
			break
		}
		batch = append(batch, line)
	}
	return batch
}
