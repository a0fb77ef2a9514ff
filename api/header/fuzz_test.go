package header

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/crossplug/crossplug/api"

	"modernc.org/cc/v4"
)

// FuzzImport reads any text as a header. Of what the front end takes, a definition
// is drafted.
func FuzzImport(f *testing.F) {
	config, err := cc.NewConfig("", "")
	if err != nil {
		f.Skip(err)
	}
	for _, file := range []string{"testdata/studio.h", "testdata/odd.h"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16<<10 {
			return
		}
		disk := &disk{read: map[string][]byte{}}
		if disk.add("fuzz.h", data) != nil {
			return
		}
		config := *config
		u, err := parse(&config, disk, []string{"fuzz.h"}, Options{})
		if err != nil {
			if explained(err, nil).Error() == "" {
				t.Fatal("an error without a text")
			}
			return
		}
		d := newDrafter(u, []string{"fuzz.h"}, Options{Prefix: "studio_"})
		d.collect()
		draft, err := d.draft()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := api.ParseFS(fstest.MapFS{"draft": {Data: draft}}, "draft"); err != nil {
			t.Fatalf("%v\n%s", err, draft)
		}
	})
}
