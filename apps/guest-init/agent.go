//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

const protocolVersion = 1

// agent answers the worker and owns the one app of this machine.
type agent struct {
	port      *port
	outbox    *outbox
	processes *processTable
	session   uint64
	released  chan struct{} // the worker has the exit record

	mu  sync.Mutex
	app *app // nil until configured
}

func newAgent(p *port) *agent {
	return &agent{port: p, outbox: newOutbox(), processes: newProcessTable(), released: make(chan struct{}, 1)}
}

// serve returns when the machine may be powered off.
func (a *agent) serve() error {
	go a.processes.reapForever()
	go a.sendForever()
	failed := make(chan error, 1)
	go func() { failed <- a.readForever() }()
	select {
	case err := <-failed:
		return err
	case <-a.released:
		return nil
	}
}

func (a *agent) sendForever() {
	for {
		message, session := a.outbox.next()
		if err := a.port.send(session, message); err != nil {
			console("sending: %v", err)
		}
	}
}

func (a *agent) readForever() error {
	var frames frameReader
	buffer := make([]byte, 64<<10)
	for {
		n, err := a.port.read(buffer)
		if err != nil {
			return fmt.Errorf("reading the control port: %w", err)
		}
		if n == 0 {
			frames = frameReader{}
			a.outbox.detach()
			time.Sleep(awayPause)
			continue
		}
		complete, err := frames.push(buffer[:n])
		if err != nil {
			console("%v; waiting for a new session", err)
		}
		for _, frame := range complete {
			a.receive(frame)
		}
	}
}

func (a *agent) receive(frame []byte) {
	var message incoming
	if err := json.Unmarshal(frame, &message); err != nil {
		console("a frame is not a message: %v", err)
		return
	}
	switch message.Type {
	case "attach":
		a.attach(message.Nonce)
	case "log-ack":
		a.outbox.acknowledge(message.Seq)
	case "exit-ack":
		a.release()
	case "request":
		go a.answer(a.session, message)
	default:
		console("unknown message type %q", message.Type)
	}
}

func (a *agent) attach(nonce string) {
	session, err := a.port.greet(helloMessage{"hello", nonce, protocolVersion, a.currentApp() != nil})
	if err != nil {
		console("greeting: %v", err)
		return
	}
	a.session = session
	a.outbox.attach(session)
}

// release lets the machine go, once its app has ended: an acknowledgement before that is nobody's.
func (a *agent) release() {
	if app := a.currentApp(); app == nil || !app.ended() {
		return
	}
	select {
	case a.released <- struct{}{}:
	default:
	}
}

func (a *agent) answer(session uint64, request incoming) {
	response := responseMessage{Type: "response", ID: request.ID}
	result, err := a.perform(session, request)
	if err != nil {
		response.Error = asWireError(err)
	} else {
		response.Result = result
	}
	if err := a.port.send(session, response); err != nil {
		console("answering: %v", err)
	}
	if request.Op == "configure" && err == nil {
		a.currentApp().start() // after the answer, which an app that ends at once would otherwise overtake
	}
}

func (a *agent) perform(session uint64, request incoming) (any, error) {
	switch request.Op {
	case "ping":
		return struct{}{}, nil
	case "configure":
		return do(request.Args, a.configure)
	case "clock":
		return do(request.Args, func(c clockSettings) (any, error) { return struct{}{}, setClock(c) })
	case "ps":
		return listProcesses()
	case "exec":
		return do(request.Args, func(r execRequest) (any, error) {
			return a.exec(r, func(stream string, data []byte) error {
				return a.port.send(session, outputMessage{"output", request.ID, stream, data})
			})
		})
	case "signal":
		return do(request.Args, func(r signalRequest) (any, error) {
			return a.withApp(func(app *app) error { return app.signal(r.Signal) })
		})
	case "shutdown":
		return do(request.Args, func(r shutdownRequest) (any, error) {
			return a.withApp(func(app *app) error { return app.shutdown(r) })
		})
	default:
		return nil, refuse("unknown_operation", "no operation %q", request.Op)
	}
}

// do decodes an operation's arguments and performs it.
func do[T any](args json.RawMessage, operation func(T) (any, error)) (any, error) {
	var decoded T
	if err := json.Unmarshal(args, &decoded); err != nil {
		return nil, refuse("bad_arguments", "%v", err)
	}
	return operation(decoded)
}

func (a *agent) currentApp() *app {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.app
}

func (a *agent) withApp(action func(*app) error) (any, error) {
	app := a.currentApp()
	if app == nil {
		return nil, refuse("not_configured", "this machine has no configuration yet")
	}
	return struct{}{}, action(app)
}

// configure sets the machine up. An entry point that can't be started afterwards is an exit of the
// machine, with the usual codes of a shell (127 not found, 126 not executable).
func (a *agent) configure(c configuration) (any, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.app != nil {
		return nil, refuse("already_configured", "this machine is configured already")
	}
	if err := enterRoot(rootDisk, deviceLimit); err != nil {
		return nil, err
	}
	if err := applySettings(c); err != nil {
		return nil, err
	}
	a.app = newApp(c, a.outbox, a.processes)
	return struct{}{}, nil
}

// refusal is an error with a stable code for the worker.
type refusal struct{ code, message string }

func (r refusal) Error() string { return r.message }

func refuse(code, format string, args ...any) error {
	return refusal{code, fmt.Sprintf(format, args...)}
}

func asWireError(err error) *wireError {
	var known refusal
	if errors.As(err, &known) {
		return &wireError{known.code, known.message}
	}
	return &wireError{"failed", err.Error()}
}
