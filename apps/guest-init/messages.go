package main

import "encoding/json"

// What the worker sends. A request is answered by exactly one response with its id.
type incoming struct {
	Type  string          `json:"type"` // attach, request, log-ack, exit-ack
	Nonce string          `json:"nonce"`
	ID    uint64          `json:"id"`
	Op    string          `json:"op"`
	Args  json.RawMessage `json:"args"`
	Seq   uint64          `json:"seq"`
}

// What the guest sends.
type (
	helloMessage struct {
		Type       string `json:"type"`
		Nonce      string `json:"nonce"`
		Protocol   int    `json:"protocol"`
		Configured bool   `json:"configured"`
	}
	responseMessage struct {
		Type   string     `json:"type"`
		ID     uint64     `json:"id"`
		Error  *wireError `json:"error,omitempty"`
		Result any        `json:"result,omitempty"`
	}
	wireError struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	logMessage struct {
		Type    string    `json:"type"`
		Lines   []logLine `json:"lines"`
		Dropped uint64    `json:"dropped"` // lines lost so far because nobody was attached to take them
	}
	outputMessage struct {
		Type   string `json:"type"`
		ID     uint64 `json:"id"`
		Stream string `json:"stream"`
		Data   []byte `json:"data"`
	}
	exitMessage struct {
		Type string     `json:"type"`
		Exit exitRecord `json:"exit"`
	}
)

type exitRecord struct {
	ExitCode  *int   `json:"exitCode"` // null when a signal ended it
	Signal    *int   `json:"signal"`
	OOMKilled bool   `json:"oomKilled"`
	Requested bool   `json:"requested"` // a shutdown had been asked for
	ExitedAt  int64  `json:"exitedAt"`  // unix milliseconds, the guest's clock
	Error     string `json:"error,omitempty"`
}

type configuration struct {
	Hostname   string            `json:"hostname"`
	Argv       []string          `json:"argv"`
	Env        map[string]string `json:"env"`
	User       string            `json:"user"`
	Workdir    string            `json:"workdir"`
	TTY        bool              `json:"tty"`
	Files      []fileToWrite     `json:"files"`
	Network    networkSettings   `json:"network"`
	Hosts      []hostsEntry      `json:"hosts"`
	ResolvConf string            `json:"resolvConf"`
	Clock      clockSettings     `json:"clock"`
}

type fileToWrite struct {
	Path string `json:"path"`
	Mode uint32 `json:"mode"`
	Data []byte `json:"data"`
}

type networkSettings struct {
	Addresses []struct {
		Interface string `json:"interface"`
		Address   string `json:"address"`
		Prefix    int    `json:"prefix"`
	} `json:"addresses"`
	Routes []struct {
		Interface   string `json:"interface"`
		Destination string `json:"destination"` // CIDR
		Via         string `json:"via"`         // empty: on the link
	} `json:"routes"`
}

type hostsEntry struct {
	Address string   `json:"address"`
	Names   []string `json:"names"`
}

// clockSettings are applied at every configure and resume: a restored guest's clock is behind, and
// clones of one snapshot share the state of their random number generator.
type clockSettings struct {
	UnixMs int64  `json:"unixMs"`
	Seed   []byte `json:"seed"`
}

type execRequest struct {
	Argv      []string          `json:"argv"`
	Env       map[string]string `json:"env"`
	Stdin     []byte            `json:"stdin"`
	TimeoutMs int64             `json:"timeoutMs"`
	MaxOutput int               `json:"maxOutput"` // bytes per stream
}

type execResult struct {
	ExitCode  *int `json:"exitCode"`
	Signal    *int `json:"signal"`
	TimedOut  bool `json:"timedOut"`
	Truncated bool `json:"truncated"`
}

type shutdownRequest struct {
	Signal    int   `json:"signal"`
	TimeoutMs int64 `json:"timeoutMs"`
}

type signalRequest struct {
	Signal int `json:"signal"`
}
