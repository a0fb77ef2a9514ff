package house

// rule says what packages may import, and why. Packages are named by their
// folder, "." being the front door; std/NAME is the standard library; a module
// from elsewhere has its full path. "DIR/*" is a folder and everything below it,
// "*" everything there is. Tests may import what they need; all rules are about
// the other files.
//
// docs/architecture.md shows this table.
type rule struct {
	packages string
	except   []string // those of them that the rule leaves alone
	only     []string // all that may be imported; anything, if nil
	never    []string // what must not be
	why      string
	breach   [2]string // a package, and an import of it that the rule must catch
}

var rules = []rule{
	{
		packages: "fault",
		only:     []string{"std/*"},
		why:      "every package speaks of errors in its terms, so it can depend on none of them",
		breach:   [2]string{"fault", "arch"},
	},
	{
		packages: "internal/bin",
		only:     []string{"std/*", "fault"},
		why:      "it is under every reader of a format",
		breach:   [2]string{"internal/bin", "arch"},
	},
	{
		packages: "arch",
		only:     []string{"std/*", "internal/bin", "fault"},
		why:      "saying what a file is must not need what can run it",
		breach:   [2]string{"arch", "helper"},
	},
	{
		packages: "abi",
		only:     []string{"std/*", "internal/bin", "fault", "arch"},
		why:      "signatures and layouts are the same for every runtime",
		breach:   [2]string{"abi", "helper"},
	},
	{
		packages: "format/*",
		only:     []string{"std/*", "internal/bin"},
		why:      "a format is what a file says; formats do not know each other, nor what is done with them",
		breach:   [2]string{"format/resource", "format/pef"},
	},
	{
		packages: "api",
		only:     []string{"std/*", "internal/bin", "fault", "arch", "abi"},
		why:      "a definition is read without running anything",
		breach:   [2]string{"api", "generate"},
	},
	{
		packages: "generate/*",
		never:    []string{".", "hosts/*", "helper/*", "guest/*", "bridge/*", "glue"},
		why:      "generating code runs nothing; what generated code stands on does not know its generator",
		breach:   [2]string{"generate", "helper"},
	},
	{
		packages: "glue",
		only:     []string{"std/*", ".", "fault", "arch", "abi", "internal/bin"},
		why:      "generated packages and the programs that use them carry no parser and no generator",
		breach:   [2]string{"glue", "api"},
	},
	{
		packages: "*",
		except:   []string{"api/header", "internal/cli"},
		never:    []string{"modernc.org/*", "api/header"},
		why:      "reading C headers takes a C compiler's front end, which only the command carries",
		breach:   [2]string{"api", "modernc.org/cc/v4"},
	},
	{
		packages: "link",
		only:     []string{"std/*", "internal/bin", "format/*"},
		why:      "linking is arithmetic on files",
		breach:   [2]string{"link", "guest/memory"},
	},
	{
		packages: "guest/isa/*",
		only:     []string{"std/*", "internal/bin"},
		why:      "decoding an instruction needs no machine",
		breach:   [2]string{"guest/isa/ppc", "guest/memory"},
	},
	{
		packages: "guest/interp/*",
		never:    []string{"guest/translate/*"},
		why:      "the two engines check each other, which means something only if they share nothing",
		breach:   [2]string{"guest/interp/ppc", "guest/translate"},
	},
	{
		packages: "guest/translate/*",
		never:    []string{"guest/interp/*"},
		why:      "the two engines check each other, which means something only if they share nothing",
		breach:   [2]string{"guest/translate", "guest/interp/ppc"},
	},
	{
		packages: "guest/*",
		except:   []string{"guest", "guest/interp/*", "guest/translate/*", "guest/toolbox"},
		never:    []string{"guest/interp/*", "guest/translate/*"},
		why:      "linking, mode switches and system calls work with any engine",
		breach:   [2]string{"guest/cfm", "guest/interp/ppc"},
	},
	{
		packages: "guest/toolbox",
		never:    []string{"guest/interp/m68k", "guest/interp/ppc/*", "guest/translate/*"},
		why:      "system calls work with any engine; SANE's arithmetic is the coprocessor's",
		breach:   [2]string{"guest/toolbox", "guest/interp/m68k"},
	},
	{
		packages: "*",
		except:   []string{"guest/translate/*"},
		never:    []string{"github.com/tetratelabs/wazero/*"},
		why:      "one package turns code into WebAssembly, so that another engine could replace it",
		breach:   [2]string{"guest", "github.com/tetratelabs/wazero/api"},
	},
	{
		packages: "helper/ring",
		only:     []string{"std/*", "golang.org/x/sys/*"},
		why:      "shared memory is bytes and waiting; what they mean is for others to say",
		breach:   [2]string{"helper/ring", "fault"},
	},
	{
		packages: "helper/wire",
		only:     []string{"std/*", "golang.org/x/sys/*"},
		why:      "a message queue serves any program, not only this one",
		breach:   [2]string{"helper/wire", "arch"},
	},
	{
		packages: "helper/*",
		never:    []string{".", "hosts/*", "guest/*", "bridge/*"},
		why:      "runtimes do not know each other; the front door wires them",
		breach:   [2]string{"helper", "."},
	},
	{
		packages: "guest/*",
		never:    []string{".", "hosts/*", "helper/*", "bridge/*"},
		why:      "runtimes do not know each other; the front door wires them",
		breach:   [2]string{"guest/toolbox", "helper/wire"},
	},
	{
		packages: ".",
		never:    []string{"hosts/*", "bridge/*", "api/*", "generate/*", "glue", "internal/cli", "cmd/*", "examples/*"},
		why:      "the front door knows no plug-in family; families are built over it",
		breach:   [2]string{".", "hosts/ladspa"},
	},
	{
		packages: "hosts/*",
		never:    []string{"internal/*", "cmd/*", "examples/*", "bridge/*"},
		why:      "a plug-in family uses only what any other program could, so others can add theirs",
		breach:   [2]string{"hosts/ladspa", "internal/bin"},
	},
	{
		packages: "internal/cli",
		never:    []string{"internal/*", "cmd/*", "examples/*"},
		why:      "what the command can do, every program can: the library is complete",
		breach:   [2]string{"internal/cli", "internal/bin"},
	},
	{
		packages: "cmd/*",
		only:     []string{"std/os", "internal/cli"},
		why:      "main is one line; commands that are a package can be tested",
		breach:   [2]string{"cmd/crossplug", "arch"},
	},
	{
		packages: "examples/*",
		never:    []string{"internal/*", "cmd/*"},
		why:      "an example is what a newcomer can copy",
		breach:   [2]string{"examples/hello", "internal/bin"},
	},
	{
		packages: "*",
		except:   []string{"internal/cli", "cmd/*", "examples/*", "bench/*"},
		never:    []string{"std/log/*", "github.com/spf13/*", "github.com/schollz/*", "golang.org/x/term/*"},
		why:      "the library neither logs nor talks to a terminal; the command does",
		breach:   [2]string{"helper", "std/log"},
	},
	{
		packages: "*",
		never:    []string{"C"},
		why:      "crossplug builds for every system without a C compiler",
		breach:   [2]string{"helper", "C"},
	},
}

// panics lists the functions outside Must… that may panic, with the reason.
var panics = map[string]string{
	"proc.go: Func": "a callback whose result does not fit its own signature is a mistake in the calling program, which no one can be told of",
}

// maxLines is where a file holds more than one subject.
const maxLines = 700
