package resource

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
)

// list has fontTools' reader of resource forks, written by others, list the
// fork on its input: type, id, name, attributes and data of each resource, all
// of them in hexadecimal but the numbers.
const list = `
import io, json, sys
from fontTools.misc.macRes import ResourceReader
out = []
for kind, resources in ResourceReader(io.BytesIO(sys.stdin.buffer.read()))._resources.items():
    for r in resources:
        out.append([kind.encode('mac-roman').hex(), r.id, r.name or '', r.attr, r.data.hex()])
json.dump(out, sys.stdout)
`

// fontTools finds a Python that has fontTools (Debian's python3-fonttools).
func fontTools(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import fontTools.misc.macRes").Run() == nil {
			return python
		}
	}
	t.Skip("no python3 with fontTools; install python3-fonttools")
	return ""
}

// TestFontToolsReadsTheSame compares what was written, read by another reader,
// with what was meant.
func TestFontToolsReadsTheSame(t *testing.T) {
	python := fontTools(t)
	for _, tt := range fixtures() {
		if tt.name == "empty" {
			continue // fontTools takes no types for 65536
		}
		t.Run(tt.name, func(t *testing.T) {
			data, err := tt.fork.Encode()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(python, "-c", list)
			cmd.Stdin = bytes.NewReader(data)
			got, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %s", err, err.(*exec.ExitError).Stderr)
			}
			f, err := Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			var want [][5]any
			for _, r := range f.Resources {
				var hexType, hexData = hex(uint32Bytes(uint32(r.Type))), hex(r.Data)
				want = append(want, [5]any{hexType, r.ID, r.Name, uint8(r.Attributes), hexData})
			}
			wantJSON, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if err := json.Unmarshal(got, &a); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(wantJSON, &b); err != nil {
				t.Fatal(err)
			}
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			if !bytes.Equal(x, y) {
				t.Errorf("fontTools reads\n%.2000s\nthis\n%.2000s", x, y)
			}
		})
	}
}

func hex(b []byte) string { return fmt.Sprintf("%x", b) }

func uint32Bytes(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
