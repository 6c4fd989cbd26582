package main

import (
	"strings"
	"testing"
	"time"
)

func lineOf(text string) logLine { return logLine{Stream: "stdout", Text: text} }

func nextLog(t *testing.T, o *outbox) logMessage {
	t.Helper()
	message, _ := o.next()
	log, ok := message.(logMessage)
	if !ok {
		t.Fatalf("got %#v, want log lines", message)
	}
	return log
}

func TestLinesComeAgainUntilAcknowledged(t *testing.T) {
	o := newOutbox()
	o.append(lineOf("one"))
	o.append(lineOf("two"))
	o.attach(1)
	if got := nextLog(t, o).Lines; len(got) != 2 {
		t.Fatalf("got %v", got)
	}
	o.acknowledge(1)
	o.attach(2)
	if got := nextLog(t, o).Lines; len(got) != 1 || got[0].Text != "two" || got[0].Seq != 2 {
		t.Fatalf("got %v", got)
	}
}

func TestExitComesAfterEveryLine(t *testing.T) {
	o := newOutbox()
	o.append(lineOf("last words"))
	o.finish(exitRecord{})
	for session := uint64(1); session <= 2; session++ {
		o.attach(session)
		nextLog(t, o)
		if message, of := o.next(); message.(exitMessage).Type != "exit" || of != session {
			t.Fatalf("got %#v of session %d", message, of)
		}
	}
}

func TestWithoutWorkerTheOldestLinesGiveWay(t *testing.T) {
	o := newOutbox()
	text := strings.Repeat("x", 1000)
	for i := 0; i < 1000; i++ {
		o.append(lineOf(text))
	}
	o.attach(1)
	log := nextLog(t, o)
	if o.bytes > keptLogBytes || log.Dropped == 0 || log.Lines[0].Seq != log.Dropped+1 {
		t.Fatalf("kept %d bytes, dropped %d, first %d", o.bytes, log.Dropped, log.Lines[0].Seq)
	}
}

func TestWithWorkerAFullOutboxHoldsTheWriter(t *testing.T) {
	o := newOutbox()
	o.attach(1)
	text := strings.Repeat("x", maxLineBytes)
	written := make(chan int)
	go func() {
		for i := 0; i < 5; i++ {
			o.append(lineOf(text))
			written <- i
		}
	}()
	for i := 0; i < 3; i++ {
		<-written
	}
	select {
	case <-written:
		t.Fatal("the writer was not held")
	case <-time.After(50 * time.Millisecond):
	}
	o.acknowledge(2)
	<-written
	o.detach() // a worker that goes away frees a writer that waits
	<-written
}

func TestBatchesFitInFrames(t *testing.T) {
	o := newOutbox()
	for i := 0; i < 3; i++ {
		o.append(lineOf(strings.Repeat("\x01", maxLineBytes)))
	}
	o.attach(1)
	for sent := 0; sent < 3; {
		log := nextLog(t, o)
		if _, err := encodeFrame(log); err != nil {
			t.Fatal(err)
		}
		sent += len(log.Lines)
	}
}
