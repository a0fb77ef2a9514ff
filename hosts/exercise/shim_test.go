package exercise

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/crossplug/crossplug/arch"
	"github.com/crossplug/crossplug/fault"
	"github.com/crossplug/crossplug/helper"
	"github.com/crossplug/crossplug/helper/sysroot"
)

// TestShim runs the C application of loopback/ with the plug-in in a helper
// host of each architecture: every construct and every refusal, through the
// shim, the C client of the helper, and the dispatcher.
func TestShim(t *testing.T) {
	protocol, err := os.ReadFile("../../helper/native/protocol.h")
	if err != nil {
		t.Fatal(err)
	}
	hash := ""
	for _, b := range sha256.Sum256(protocol) {
		hash += fmt.Sprintf("%#x,", b)
	}
	hash = strings.Join(strings.SplitAfter(hash, ",")[:16], "")
	dir := t.TempDir()
	driver := filepath.Join(dir, "driver")
	gcc := func(args ...string) {
		t.Helper()
		args = append(args, "-std=gnu11", "-Wall", "-Wextra", "-g", "-O1")
		for _, include := range []string{".", "c", "loopback", "../../generate/native", "../../bridge/native", "../../helper/native"} {
			args = append(args, "-I"+include)
		}
		if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
	}
	args := []string{"-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-o", driver,
		"loopback/driver.c", "loopback/joint.c", "loopback/helper_link.c", "loopback/attach.c", "c/exercise_shim.c"}
	for _, name := range []string{"client", "lane", "spawn"} {
		// Without sanitizers: they do not follow a child that runs on a stack of its own.
		gcc("-DAPI_HASH="+hash, "-DSOURCE_HASH=0", "-c", "../../bridge/native/"+name+".c", "-o", filepath.Join(dir, name+".o"))
		args = append(args, filepath.Join(dir, name+".o"))
	}
	gcc(args...)
	for a := range crossCompilers {
		t.Run(a.String(), func(t *testing.T) {
			shorten(t, a)
			launch, err := helper.Find(a, nil, sysroot.Store{})
			if errors.Is(err, fault.ErrNoRuntime) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			big := "0"
			if a.Order == arch.BigEndian {
				big = "1"
			}
			executable, err := filepath.Abs("../../helper/native/bin/" + a.String())
			if err != nil {
				t.Fatal(err)
			}
			command := []string{strconv.Itoa(a.Bits), big, "dispatch/" + a.String() + ".so", compile(t, a)}
			for _, word := range launch.Command {
				command = append(command, strings.ReplaceAll(word, "{helper}", executable))
			}
			if out, err := exec.Command(driver, command...).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
