// SPDX-License-Identifier: BSD-2-Clause

// Progress checks a list of addresses, one a line, a hundred at a time, with progress on standard error.
//
//	progress FILE [NAME=VALUE ...]
//
// It ends with 1 where one is rejected, 2 where one could not be decided.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"mxcheck.example/mxcheck"
)

const atOnce = 100

func readLines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var lines []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		if line := strings.TrimSpace(scanner.Text()); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func die(code int, what any) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(code)
}

func main() {
	if len(os.Args) < 2 {
		die(64, "usage: progress FILE [NAME=VALUE ...]")
	}
	options := mxcheck.Options{}
	for _, argument := range os.Args[2:] {
		name, value, _ := strings.Cut(argument, "=")
		options[name] = value
	}
	addresses, err := readLines(os.Args[1])
	if err != nil {
		die(66, err)
	}
	checker, err := mxcheck.New(options)
	if err != nil {
		die(64, err)
	}
	defer checker.Close()
	results := make([]*mxcheck.Result, len(addresses))
	places := make(chan struct{}, atOnce)
	var waiting sync.WaitGroup
	var mutex sync.Mutex
	done := 0
	for i := range addresses {
		waiting.Add(1)
		places <- struct{}{}
		go func(i int) {
			defer waiting.Done()
			result, err := checker.CheckRcpt(context.Background(), addresses[i])
			<-places
			if err != nil {
				die(71, err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			results[i] = result
			done++
			fmt.Fprintf(os.Stderr, "\r%d of %d", done, len(addresses))
		}(i)
	}
	waiting.Wait()
	fmt.Fprintln(os.Stderr)
	status := 0
	for i, result := range results {
		fmt.Printf("%s\t%s\t%s\n", addresses[i], result.Verdict(), result.Reason())
		switch {
		case result.Verdict() == mxcheck.Reject:
			status = 1
		case result.Verdict() == mxcheck.Defer && status == 0:
			status = 2
		}
	}
	os.Exit(status)
}
