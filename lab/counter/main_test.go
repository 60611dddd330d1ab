package counter_test

import (
	"os"
	"testing"
	"time"

	"till/lab/counter"
	"till/words"
)

var program counter.Program

func TestMain(m *testing.M) { os.Exit(counter.Main(m, &program)) }

// soon bounds what needs no wallet's patience.
const soon = 5 * time.Second

func say(k words.Key, args ...string) string { return words.Say(words.English, k, args...) }

// soak says whether the long loops are wanted.
func soak() bool { return os.Getenv("TILL_SOAK") != "" }
