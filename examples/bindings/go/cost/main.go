// SPDX-License-Identifier: BSD-2-Clause

// cost UPSTREAM COUNT: prints "hit_ns=… cold_us=…", the CPU of a check of a domain that is known, or not.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	"mxcheck.example/mxcheck"
)

const hitsEach = 20

func expectAccepted(checker *mxcheck.Checker, address string) {
	result, err := checker.CheckRcpt(context.Background(), address)
	if err != nil {
		log.Fatal(err)
	}
	if result.Verdict() != mxcheck.Accept {
		log.Fatal(address, " is not accepted")
	}
}

func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func main() {
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	checker, err := mxcheck.New(mxcheck.Options{"upstreams": os.Args[1]})
	if err != nil {
		log.Fatal(err)
	}
	defer checker.Close()
	expectAccepted(checker, "u@warm.example")
	started := used()
	for i := 0; i < count; i++ {
		expectAccepted(checker, fmt.Sprintf("u@d%d.example", i))
	}
	cold := used() - started
	started = used()
	for i := 0; i < count*hitsEach; i++ {
		expectAccepted(checker, "u@warm.example")
	}
	hit := used() - started
	fmt.Printf("hit_ns=%d cold_us=%.1f\n", hit.Nanoseconds()/int64(count*hitsEach), float64(cold.Microseconds())/float64(count))
}
