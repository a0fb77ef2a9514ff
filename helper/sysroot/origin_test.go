package sysroot

import (
	"context"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestStanzas(t *testing.T) {
	got := stanzas([]byte("# comment\nTypes: deb\nURIs:\thttp://a  \nSigned-By:\n -----BEGIN\n .\n # not a comment\n\n\nnonsense\n folded\nB: 2"))
	want := []map[string]string{
		{"types": "deb", "uris": "http://a", "signed-by": "\n -----BEGIN\n .\n # not a comment"},
		{"b": "2"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

// The system's apt itself reads these sources, without any index.
func TestSystemOrigin(t *testing.T) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("this system has no apt-get")
	}
	own := osCodename()
	if own == "" {
		own = "stable"
	}
	for _, tt := range []struct {
		what    string
		sources map[string]string
		opts    Options
		want    origin
		err     string
	}{
		{
			what: "deb822 with pockets and an embedded key",
			sources: map[string]string{
				"a.sources": "Types: deb deb-src\nURIs: http://updates.test/debian\nSuites: x-updates\nComponents: main\n\n" +
					"Types: deb\nURIs: http://a.test/debian\nSuites: x x-updates x-backports\nComponents: main contrib\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n",
			},
			want: origin{uri: "http://a.test/debian/", suite: "x", components: []string{"main", "contrib"},
				options: map[string]string{"Signed-By": "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc", "Trusted": ""}},
		},
		{
			what: "one-line",
			sources: map[string]string{
				"a.list": "# deb http://no.test x main\ndeb [arch=s390x,i386 signed-by=/k1.gpg,/k2.gpg trusted=yes] http://a.test/debian/ x main\n" +
					"deb [signed-by=/k3.gpg] http://a.test/security x-security main\n",
			},
			want: origin{uri: "http://a.test/debian/", suite: "x", components: []string{"main"},
				options: map[string]string{"Signed-By": "/k1.gpg /k2.gpg", "Trusted": "yes"}},
		},
		{
			what: "third party first",
			sources: map[string]string{
				"a.list": "deb http://third.test/repo anything main\n",
				"b.list": "deb http://a.test/debian " + own + " main\n",
				"c.list": "deb http://third.test/flat ./\ndeb cdrom:[x]/ " + own + " main\n",
			},
			want: origin{uri: "http://a.test/debian/", suite: own, components: []string{"main"}, options: map[string]string{}},
		},
		{
			what:    "other mirror and keyring",
			sources: map[string]string{"a.list": "deb [trusted=yes] http://a.test/debian x main\n"},
			opts:    Options{Mirror: "file:///srv/debian", Keyring: "/k.gpg"},
			want:    origin{uri: "file:///srv/debian", suite: "x", components: []string{"main"}, options: map[string]string{"Signed-By": "/k.gpg"}},
		},
		{
			what:    "trust in one mirror is not trust in another",
			sources: map[string]string{"a.list": "deb [trusted=yes] http://a.test/debian x main\n"},
			opts:    Options{Mirror: "http://b.test", Suite: "y"},
			want:    origin{uri: "http://b.test", suite: "y", components: []string{"main"}, options: map[string]string{}},
		},
		{
			what: "no sources, all named",
			opts: Options{Mirror: "http://b.test", Suite: "y"},
			want: origin{uri: "http://b.test", suite: "y", components: []string{"main"}},
		},
		{
			what: "no sources",
			opts: Options{Mirror: "http://b.test"},
			err:  "apt has no source with a distribution's main suite; name a mirror and a suite",
		},
		{
			what: "a field that would become two",
			opts: Options{Mirror: "http://b.test\nTrusted: yes", Suite: "y"},
			err:  "has blanks or unprintable characters",
		},
	} {
		dir := t.TempDir()
		for name, text := range tt.sources {
			write(t, filepath.Join(dir, "sources", name), text)
		}
		useAPT(t, dir)
		got, err := chooseOrigin(context.Background(), tt.opts)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want %q", tt.what, err, tt.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v\n%v", tt.what, got, tt.want, err)
		}
	}
}

func TestOriginSources(t *testing.T) {
	o := origin{uri: "file:/srv", suite: "x", components: []string{"main", "universe"}, options: map[string]string{"Signed-By": "/k.gpg"}}
	want := "Types: deb\nURIs: copy:/srv\nSuites: x\nComponents: main universe\nArchitectures: s390x\nSigned-By: /k.gpg\n"
	if got := string(o.sources("s390x")); got != want {
		t.Errorf("got\n%s", got)
	}
}
