package header_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/crossplug/crossplug/api"
	"github.com/crossplug/crossplug/api/header"
)

func TestTry(t *testing.T) {
	list := strings.Fields(os.Getenv("TRY"))
	ok := 0
	for _, f := range list {
		start := time.Now()
		d, err := header.Import(f, header.Options{Name: "x"})
		if el := time.Since(start); el > 2*time.Second {
			fmt.Println("SLOW", f, el)
		}
		if err != nil {
			s := err.Error()
			if len(s) > 300 {
				s = s[:300]
			}
			fmt.Println("ERR", f, strings.ReplaceAll(s, "\n", " | "))
			continue
		}
		ok++
		r, err := api.CheckFS(fstest.MapFS{"d.xml": {Data: d}}, "d.xml")
		if err != nil || len(r.Errors) > 0 {
			fmt.Println("BAD", f, err, r.Errors)
		}
		c := 0
		for _, v := range r.Functions {
			if v.Crosses {
				c++
			}
		}
		fmt.Println("OK", f, c, len(r.Functions))
		os.WriteFile(filepath.Join("/tmp/api3/drafts", strings.ReplaceAll(f, "/", "_")+".xml"), d, 0o644)
	}
	fmt.Println(ok, "of", len(list))
}
