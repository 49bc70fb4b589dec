package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

//go:embed peer.py
var driver string

// A peer is a Python process that answers commands (peer.py).
type peer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

type answer struct {
	Seconds float64
	Labels  [][]string
	Probs   [][]float64
}

func startPeer(python string) (*peer, error) {
	cmd := exec.Command(python, "-c", driver)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &peer{cmd, in, bufio.NewReaderSize(out, 1<<20)}, cmd.Start()
}

func (p *peer) ask(command map[string]any) (*answer, error) {
	b, err := json.Marshal(command)
	if err != nil {
		return nil, err
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		return nil, err
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("the fasttext module gave no answer: %w", err)
	}
	var a answer
	return &a, json.Unmarshal(line, &a)
}

func (p *peer) stop() {
	p.in.Close()
	p.cmd.Wait()
}

func clock() float64 { return float64(time.Now().UnixNano()) / 1e9 }
