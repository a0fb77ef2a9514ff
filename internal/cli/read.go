package cli

import (
	"fmt"
	"io"
	"os"
)

// maxFile bounds files that are read whole, in bytes.
const maxFile = 256 << 20

// readFile reads a file of at most so many bytes: what is a device may never end.
func readFile(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s: it has more than %d MiB, which is as much as is read of such a file", name, most>>20)
	}
	return data, err
}
