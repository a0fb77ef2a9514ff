package bridge

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/crossplug/crossplug/arch"
)

// The clients are programs that know nothing of crossplug, as Debian packages
// them.

const clientRate = 48000

// client is a way to send a recording through one plug-in.
type client struct {
	name string
	// args is the command line: from a WAVE file to another, through the
	// plug-in with a label in a file, with its one control set.
	args func(in, out, file, label, control string) []string
	// streamed is the same with little-endian 16-bit samples on standard
	// input; nil if the program reads a pipe as any file.
	streamed func(out, file, label, control string) []string
	// stereo is whether it is given two channels, and uses a stereo plug-in.
	stereo bool
}

// clients use amp (one channel, a gain in dB), or sc4.
var clients = []client{
	{
		name: "sox",
		args: func(in, out, file, label, control string) []string {
			return []string{in, "-b", "32", "-e", "floating-point", out, "ladspa", strings.TrimSuffix(filepath.Base(file), ".so"), label, control}
		},
		streamed: func(out, file, label, control string) []string {
			return []string{"-t", "raw", "-r", "48000", "-e", "signed", "-b", "16", "-c", "1", "-", "-b", "32", "-e", "floating-point", out,
				"ladspa", strings.TrimSuffix(filepath.Base(file), ".so"), label, control}
		},
	},
	{
		name: "ffmpeg",
		args: func(in, out, file, label, control string) []string {
			return []string{"-v", "error", "-y", "-i", in, "-af", fmt.Sprintf("ladspa=file=%s:plugin=%s:controls=c0=%s", file, label, control), "-bitexact", "-c:a", "pcm_f32le", out}
		},
		streamed: func(out, file, label, control string) []string {
			return []string{"-v", "error", "-y", "-f", "s16le", "-ar", "48000", "-ac", "1", "-i", "pipe:0", "-af",
				fmt.Sprintf("ladspa=file=%s:plugin=%s:controls=c0=%s", file, label, control), "-bitexact", "-c:a", "pcm_f32le", out}
		},
	},
	{
		name: "ecasound",
		args: func(in, out, file, label, control string) []string {
			return []string{"-q", "-f:f32_le,1,48000", "-i", in, "-o", out, "-el:" + label + "," + control}
		},
		streamed: func(out, file, label, control string) []string {
			return []string{"-q", "-f:s16_le,1,48000", "-i", "stdin", "-o", out, "-el:" + label + "," + control}
		},
	},
	{
		name: "gst-launch-1.0",
		args: func(in, out, file, label, control string) []string {
			element := strings.NewReplacer("_", "-", ".", "-").Replace("ladspa-" + filepath.Base(file) + "-" + label)
			return []string{"-q", "filesrc", "location=" + in, "!", "wavparse", "!", "audioconvert", "!", element, "amps-gain=" + control, "!", "wavenc", "!", "filesink", "location=" + out}
		},
		streamed: func(out, file, label, control string) []string {
			element := strings.NewReplacer("_", "-", ".", "-").Replace("ladspa-" + filepath.Base(file) + "-" + label)
			return []string{"-q", "fdsrc", "!", "rawaudioparse", "num-channels=1", "sample-rate=48000", "!", "audioconvert", "!", element, "amps-gain=" + control, "!", "wavenc", "!", "filesink", "location=" + out}
		},
	},
	{
		name:   "applyplugin",
		stereo: true,
		args: func(in, out, file, label, control string) []string {
			return []string{in, out, file, label, "0.5", "50", "100", control, "4", "3", "5"}
		},
	},
}

// plugin returns the client's plug-in: its file, label and control value, and
// how far another architecture's may be from it (docs/proof.md).
func (c client) plugin() (file, label, control string, tolerance float64) {
	if c.stereo {
		return "sc4_1882.so", "sc4", "-20", 1e-3
	}
	return gain, gainLabel, "-6", 0
}

// samples makes frames of noise and a tone, 16 bits.
func samples(channels, frames int) []byte {
	random := rand.New(rand.NewPCG(1, 1))
	var b []byte
	for i := range frames {
		for c := range channels {
			v := 9000*math.Sin(float64(i*(c+1))*440*2*math.Pi/clientRate) + 3000*(random.Float64()-0.5)
			b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
		}
	}
	return b
}

// recording writes a WAVE file.
func recording(t *testing.T, channels, frames int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.wav")
	if err := os.WriteFile(path, wave(channels, samples(channels, frames)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// wave puts the head of a WAVE file before samples.
func wave(channels int, data []byte) []byte {
	h := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00")
	binary.LittleEndian.PutUint32(h[4:], uint32(36+len(data)))
	h = binary.LittleEndian.AppendUint16(h, uint16(channels))
	h = binary.LittleEndian.AppendUint32(h, clientRate)
	h = binary.LittleEndian.AppendUint32(h, uint32(clientRate*2*channels))
	h = binary.LittleEndian.AppendUint16(h, uint16(2*channels))
	h = append(h, "\x10\x00data"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(len(data)))
	return append(h, data...)
}

// clientEnv is the environment of a client that finds its plug-ins in one
// folder.
func clientEnv(t *testing.T, dir string) []string {
	t.Helper()
	home := t.TempDir() // ecasound and GStreamer keep lists there
	return []string{"LADSPA_PATH=" + dir, "HOME=" + home, "XDG_CACHE_HOME=" + home, "GST_REGISTRY=" + filepath.Join(home, "registry"), "GST_REGISTRY_FORK=no"}
}

func needClient(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%v (scripts/need clients installs it)", err)
	}
	if name == "gst-launch-1.0" && run(t, nil, "gst-inspect-1.0", "ladspa").err != nil {
		t.Skip("GStreamer has no ladspa (scripts/need clients installs it)")
	}
}

func TestClients(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			needClient(t, c.name)
			file, label, control, tolerance := c.plugin()
			channels := 1
			if c.stereo {
				channels = 2
			}
			in := recording(t, channels, 3*clientRate)
			use := func(path, label string) []byte {
				out := filepath.Join(t.TempDir(), "out.wav")
				o := run(t, clientEnv(t, filepath.Dir(path)), append([]string{c.name}, c.args(in, out, path, label, control)...)...)
				if o.err != nil {
					t.Fatalf("%s: %v\n%s%s", path, o.err, o.stdout, o.stderr)
				}
				result, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				return result
			}
			want := use(sample(t, arch.Host(), file), label)
			if len(want) < 3*clientRate*2*channels {
				t.Fatalf("the output has only %d bytes", len(want))
			}
			if plain, err := os.ReadFile(in); err != nil || bytes.Contains(want, plain[len(plain)-4096:]) {
				t.Fatal("the plug-in changes nothing")
			}
			for _, a := range guests {
				t.Run(a.String(), func(t *testing.T) {
					shim := bridged(t, Options{}, sample(t, a, file))
					got := use(shim, label+"_"+a.String())
					most := 0.0
					if a != arch.Host() {
						most = tolerance
					}
					if d := difference(got, want); d > most {
						t.Errorf("the output of %d bytes differs by %g from the direct one of %d (at most %g)", len(got), d, len(want), most)
					}
				})
			}
		})
	}
}

// difference returns the largest difference between two outputs as a part of
// full scale, 0 if they are identical, infinity if they are of different kinds.
// Those that may differ have samples of 16 bits.
func difference(a, b []byte) float64 {
	if bytes.Equal(a, b) {
		return 0
	}
	if len(a) != len(b) || !bytes.Equal(a[:44], b[:44]) {
		return math.Inf(1)
	}
	most := 0.0
	for i := 44; i+1 < len(a); i += 2 {
		x, y := int16(binary.LittleEndian.Uint16(a[i:])), int16(binary.LittleEndian.Uint16(b[i:]))
		most = max(most, math.Abs(float64(x)-float64(y))/32768)
	}
	return most
}

// helperPIDs returns the processes that run the helpers of a folder.
func helperPIDs(t testing.TB, dir string) []int {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range lines {
		if line, err := os.ReadFile(path); err == nil && bytes.Contains(line, []byte(filepath.Join(dir, hidden, "helper-"))) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestClientsOutliveHelpers kills the helper when a client has got half of its
// input. The client must end well, with all of its output, of which the rest is
// silence.
func TestClientsOutliveHelpers(t *testing.T) {
	aboutC(t)
	const frames = 30 * clientRate
	for _, c := range clients {
		for _, a := range guests {
			t.Run(c.name+" "+a.String(), func(t *testing.T) {
				t.Parallel()
				needClient(t, c.name)
				file, label, control, _ := c.plugin()
				shim := bridged(t, Options{}, sample(t, a, file))
				label += "_" + a.String()
				out, channels := filepath.Join(t.TempDir(), "out.wav"), 1
				if c.stereo {
					channels = 2
				}
				data := samples(channels, frames)
				var cmd *exec.Cmd
				var input io.WriteCloser
				var err error
				if c.streamed != nil {
					cmd = exec.Command(c.name, c.streamed(out, shim, label, control)...)
					input, err = cmd.StdinPipe()
				} else {
					data = wave(channels, data)
					in := filepath.Join(t.TempDir(), "pipe")
					if err := unix.Mkfifo(in, 0o600); err != nil {
						t.Fatal(err)
					}
					cmd = exec.Command(c.name, c.args(in, out, shim, label, control)...)
					input, err = os.OpenFile(in, os.O_RDWR, 0) // which does not wait for a reader
				}
				if err != nil {
					t.Fatal(err)
				}
				cmd.Env = append(os.Environ(), clientEnv(t, filepath.Dir(shim))...)
				var said bytes.Buffer
				cmd.Stdout, cmd.Stderr = &said, &said
				cmd.WaitDelay = time.Minute
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				half := len(data) / 8 * 4
				if _, err := input.Write(data[:half]); err != nil { // when it returns nearly all has been read
					t.Fatalf("%v\n%s", err, said.String())
				}
				pids := helperPIDs(t, filepath.Dir(shim))
				for _, pid := range pids {
					if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
						t.Error(err)
					}
				}
				if len(pids) == 0 {
					t.Error("there is no helper")
				}
				if _, err := input.Write(data[half:]); err != nil {
					t.Fatalf("%v\n%s", err, said.String())
				}
				input.Close()
				if err := cmd.Wait(); err != nil {
					t.Fatalf("%v\n%s", err, said.String())
				}
				if n := strings.Count(said.String(), "crossplug: "); n != 1 || !strings.Contains(said.String(), file+": its process has ended; from now on it gives silence") {
					t.Errorf("it says %q", said.String())
				}
				result, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				if len(result) < 2*channels*frames {
					t.Errorf("the output has %d bytes, of %d frames", len(result), frames)
				}
				if end := result[len(result)-4096:]; !bytes.Equal(end, make([]byte, len(end))) {
					t.Error("it does not end with silence")
				}
				if middle := result[len(result)/4:][:4096]; bytes.Equal(middle, make([]byte, len(middle))) {
					t.Error("it is silent from the beginning")
				}
			})
		}
	}
}

// The marks that a bridged plug-in has, in what listplugins and analyseplugin
// print.
var (
	listedPlugin = regexp.MustCompile(`^\t(.*) \((\d+)/([^/)]*)\)$`)
	nativeOnly   = regexp.MustCompile(`(?m)^(Plugin Unique ID|Environment): .*\n`)
)

// TestListings compares what the SDK's programs say of all sample plug-ins
// through shims with what they say of the files.
func TestListings(t *testing.T) {
	needClient(t, "listplugins")
	for _, a := range guests {
		t.Run(a.String(), func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(filepath.Dir(sample(t, a, gain)), "*.so"))
			if err != nil {
				t.Fatal(err)
			}
			direct := filepath.Dir(sample(t, arch.Host(), gain))
			o := Options{Dir: t.TempDir()}
			results, err := Add(t.Context(), o, files...)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				if r.Err != nil {
					t.Error(r.Err)
				}
			}
			mark := "_" + a.String()
			want, got := listing(t, direct), listing(t, o.Dir)
			for file, plugins := range got {
				native := strings.Replace(file, "-"+a.String(), "", 1)
				var unmarked []string
				for _, p := range plugins {
					m := listedPlugin.FindStringSubmatch(p)
					if m == nil || !strings.HasSuffix(m[1], " ("+a.String()+")") || !strings.HasSuffix(m[3], mark) {
						t.Errorf("%s: %q has no mark", file, p)
						continue
					}
					unmarked = append(unmarked, fmt.Sprintf("\t%s (%s/%s)", strings.TrimSuffix(m[1], " ("+a.String()+")"), nativeID(t, m[2]), strings.TrimSuffix(m[3], mark)))
				}
				if !slices.Equal(unmarked, want[native]) {
					t.Errorf("%s lists %q, the file %q", file, unmarked, want[native])
				}
				theirs, ours := analysis(t, filepath.Join(direct, native)), analysis(t, filepath.Join(o.Dir, file))
				ours = strings.NewReplacer(" ("+a.String()+")\"\n", "\"\n", mark+"\"\n", "\"\n").Replace(ours)
				if ours != theirs {
					t.Errorf("%s is described as\n%s\nthe file as\n%s", file, ours, theirs)
				}
			}
			if len(got) != len(files) {
				t.Errorf("%d files are listed, of %d", len(got), len(files))
			}
		})
	}
}

// nativeID undoes what uniqueID does to small ids.
func nativeID(t *testing.T, id string) string {
	n, err := strconv.ParseUint(id, 10, 24)
	if err != nil || n>>23 != 1 {
		t.Errorf("id %s", id)
	}
	return fmt.Sprint(n & (1<<20 - 1))
}

// listing returns what listplugins prints of a folder: lines by file.
func listing(t *testing.T, dir string) map[string][]string {
	t.Helper()
	o := run(t, []string{"LADSPA_PATH=" + dir}, "listplugins")
	if o.err != nil || o.stderr != "" {
		t.Fatalf("%v\n%s", o.err, o.stderr)
	}
	found := map[string][]string{}
	file := ""
	for line := range strings.Lines(o.stdout) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "\t") {
			found[file] = append(found[file], line)
		} else {
			file = filepath.Base(strings.TrimSuffix(line, ":"))
		}
	}
	return found
}

// analysis returns what analyseplugin prints of a file, but for what must differ.
func analysis(t *testing.T, path string) string {
	t.Helper()
	o := run(t, nil, "analyseplugin", path)
	if o.err != nil {
		t.Fatalf("%v\n%s", o.err, o.stderr)
	}
	return nativeOnly.ReplaceAllString(o.stdout, "")
}
