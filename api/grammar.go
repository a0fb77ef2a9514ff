package api

// The grammar of definitions, as data: what elements there are, what they may
// have and hold, and what it means. The parser checks against it, the schema
// and the reference page are made of it.

type attrKind int

const (
	textAttr    attrKind = iota
	nameAttr             // a C identifier
	numberAttr           // not negative
	integerAttr          // any; a constant's value
	boolAttr
	versionAttr // MAJOR.MINOR
	exprAttr    // a length expression
	choiceAttr
)

type attrRule struct {
	name     string
	kind     attrKind
	required bool
	choices  []string // the first is what holds if the attribute is absent, unless it is required
	doc      string
}

type elementRule struct {
	name     string
	doc      string
	attrs    []attrRule
	children []string // in this order, each "a?", "a*", "a|b?" or "a|b*"
	text     bool     // holds text
}

var rangeAttrs = []attrRule{
	{name: "since", kind: versionAttr, doc: "the first version of the interface that has it"},
	{name: "until", kind: versionAttr, doc: "the last version that has it"},
}

// valueAttrs are those of everything that is a value: fields, parameters,
// results.
var valueAttrs = []attrRule{
	{name: "type", kind: textAttr, required: true, doc: "a basic type or the name of a declared one; a struct or union parameter is passed by pointer"},
	{name: "length", kind: exprAttr, doc: "it points to this many values"},
	{name: "max", kind: numberAttr, doc: "the most values, or bytes of a string, that are accepted; 65536 if absent"},
	{name: "nullable", kind: boolAttr, doc: "the pointer may be null"},
	{name: "switch", kind: textAttr, doc: "of a union: the field or parameter that says which case holds"},
	{name: "encoding", kind: choiceAttr, choices: []string{"utf-8", "mac-roman"}, doc: "of a string's bytes, which cross unchanged"},
	{name: "endian", kind: choiceAttr, choices: []string{"swap", "raw"}, doc: "raw: the bytes cross as they lie in memory"},
}

// passAttrs are those of parameters and results.
var passAttrs = []attrRule{
	{name: "transfer", kind: choiceAttr, choices: []string{"none", "full", "borrow"}, doc: "who frees what a result or out parameter points to: full, the caller does, by free()"},
	{name: "lifetime", kind: choiceAttr, choices: []string{"call", "handle", "forever"}, doc: "how long the callee may keep what it is given"},
}

var functionAttrs = []attrRule{
	{name: "name", kind: nameAttr, required: true, doc: "C's name"},
	{name: "go", kind: nameAttr, doc: "the name in Go; if absent it is made of C's: without the api's prefix, ex_note_on is NoteOn"},
	{name: "thread", kind: choiceAttr, choices: []string{"any", "main", "rt"}, doc: "the threads it may be called on: any; the main one; a real-time one"},
	{name: "blocking", kind: boolAttr, doc: "it may wait for long"},
	{name: "timeout-ms", kind: numberAttr, doc: "how long a call may take; the library's limit if absent"},
	{name: "idempotent", kind: boolAttr, doc: "calling it again after a failure does no harm"},
	{name: "reentrant", kind: boolAttr, doc: "it may be called while it calls back"},
	{name: "batchable", kind: boolAttr, doc: "calls of it may cross together with others"},
	{name: "error-return", kind: choiceAttr, choices: []string{"none", "nonzero", "negative", "zero", "null"}, doc: "the results that mean failure"},
}

func join(lists ...[]attrRule) []attrRule {
	var all []attrRule
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

var named = []attrRule{{name: "name", kind: nameAttr, required: true, doc: "its name in the definition"}}

func ctype(doc string) []attrRule { return []attrRule{{name: "ctype", kind: textAttr, doc: doc}} }

var grammar = []elementRule{
	{name: "api", doc: "A definition. It is the outermost element.", attrs: []attrRule{
		{name: "name", kind: nameAttr, required: true, doc: "an identifier in C and Go, and the name of the Go package"},
		{name: "version", kind: versionAttr, required: true, doc: "the version of the interface that is described"},
		{name: "min-compatible", kind: versionAttr, doc: "the oldest version whose plug-ins still work; the version itself if absent"},
		{name: "header", kind: textAttr, doc: "the C header that declares it all"},
		{name: "prefix", kind: textAttr, doc: "what names in C begin with and names in Go do not"},
	}, children: []string{"doc?", "include|const|enum|bitmask|typedef|struct|union|table|handle|callback|function|import|state*"}},
	{name: "doc", doc: "Text for people, about the element that it is in. It comes first there.", text: true},
	{name: "include", doc: "Declarations of another file, as if they stood here. That file is an <api> too; of its attributes only the name counts.", attrs: []attrRule{
		{name: "file", kind: textAttr, required: true, doc: "the file, beside this one"},
	}},
	{name: "const", doc: "A named number, for lengths and counts.", attrs: join(named, []attrRule{{name: "value", kind: integerAttr, required: true, doc: "decimal, or hexadecimal with 0x"}}), children: []string{"doc?"}},
	{name: "enum", doc: "An enumeration.", attrs: join(named, ctype("how C spells the type; the name if absent"), []attrRule{{name: "type", kind: textAttr, doc: "its integer type; i32 if absent"}}), children: []string{"doc?", "value*"}},
	{name: "bitmask", doc: "An integer of flags.", attrs: join(named, ctype("how C spells the type; the name if absent"), []attrRule{{name: "type", kind: textAttr, doc: "its integer type; u32 if absent"}}), children: []string{"doc?", "value*"}},
	{name: "value", doc: "One value of an enumeration or bitmask.", attrs: join(named, []attrRule{{name: "value", kind: integerAttr, required: true, doc: "its number"}}), children: []string{"doc?"}},
	{name: "typedef", doc: "Another name of a basic type.", attrs: join(named, ctype("how C spells the type; the name if absent"), []attrRule{{name: "type", kind: textAttr, required: true, doc: "a basic type"}}), children: []string{"doc?"}},
	{name: "struct", doc: "A struct. Parameters of its type are pointers to it; fields have it embedded, or with length= by pointer.", attrs: join(named, ctype("how C spells the type; struct NAME if absent"), []attrRule{
		{name: "packing", kind: choiceAttr, choices: []string{"natural", "mac68k", "power"}, doc: "the layout: the compiler's own; nothing wider than a byte on odd addresses; as natural, but 8-byte values on 4 unless first"},
		{name: "size-field", kind: nameAttr, doc: "the field that holds the struct's own size, by which its version is told"},
	}, rangeAttrs), children: []string{"doc?", "field*"}},
	{name: "field", doc: "A field of a struct or table.", attrs: join(named, valueAttrs, []attrRule{
		{name: "count", kind: exprAttr, doc: "of a fixed array: how many values, a number or a constant"},
		{name: "opaque", kind: boolAttr, doc: "its owner's own: it has its place and does not cross"},
		{name: "for", kind: nameAttr, doc: "of userdata: the callback field that it belongs to"},
	}, rangeAttrs), children: []string{"doc?"}},
	{name: "union", doc: "A union. Whoever has one says with switch= where it is told which case holds.", attrs: join(named, ctype("how C spells the type; union NAME if absent")), children: []string{"doc?", "case*"}},
	{name: "case", doc: "One case of a union.", attrs: join(named, []attrRule{{name: "value", kind: textAttr, required: true, doc: "the switch's value: a number, a constant or an enumeration's value"}}, valueAttrs, []attrRule{{name: "count", kind: exprAttr, doc: "of a fixed array: how many values"}}), children: []string{"doc?"}},
	{name: "table", doc: "A struct of data and function pointers: a descriptor.", attrs: join(named, ctype("how C spells the type; struct NAME if absent"), []attrRule{
		{name: "owner", kind: choiceAttr, choices: []string{"plugin", "host"}, doc: "who makes it and implements its functions"},
	}, rangeAttrs), children: []string{"doc?", "field|method*"}},
	{name: "method", doc: "A function pointer of a table, in its place among the fields.", attrs: join(functionAttrs, []attrRule{{name: "nullable", kind: boolAttr, doc: "the pointer may be null"}}, rangeAttrs), children: []string{"doc?", "param*", "varargs?", "return?", "custom|unsupported?"}},
	{name: "handle", doc: "A pointer or number that means an object of one side and nothing to the other.", attrs: join(named, ctype("how C spells the type; NAME * if absent, or NAME with type="), []attrRule{
		{name: "type", kind: textAttr, doc: "the integer type that it is in C; a pointer if absent"},
		{name: "owner", kind: choiceAttr, choices: []string{"plugin", "host"}, required: true, doc: "whose object it is"},
		{name: "create", kind: textAttr, doc: "the functions, or TABLE.METHOD, that make one, with blanks between"},
		{name: "destroy", kind: textAttr, doc: "the function, or TABLE.METHOD, that ends one"},
		{name: "parent", kind: nameAttr, doc: "the handle that it ends with"},
	}), children: []string{"doc?"}},
	{name: "callback", doc: "A type of function pointers.", attrs: join(functionAttrs, ctype("how C spells the type; the name if absent"), []attrRule{
		{name: "side", kind: choiceAttr, choices: []string{"host", "plugin"}, doc: "who implements it, and so gives it to the other"},
		{name: "scope", kind: choiceAttr, choices: []string{"", "call", "registration", "async", "forever"}, doc: "how long it may be called: until the function that it was given to returns; until release-by is called; once; for ever"},
		{name: "release-by", kind: nameAttr, doc: "of a registration: the function that ends it, when called with the handle that the registering function returned, else with its first handle"},
	}, rangeAttrs), children: []string{"doc?", "param*", "varargs?", "return?", "unsupported?"}},
	{name: "function", doc: "A function that the plug-in exports, or that the host offers to it.", attrs: join(functionAttrs, []attrRule{
		{name: "side", kind: choiceAttr, choices: []string{"plugin", "host"}, doc: "who implements it"},
		{name: "required", kind: boolAttr, doc: "a plug-in that does not export it is refused"},
	}, rangeAttrs), children: []string{"doc?", "param*", "varargs?", "return?", "custom|unsupported?"}},
	{name: "param", doc: "A parameter.", attrs: join(named, valueAttrs, []attrRule{
		{name: "dir", kind: choiceAttr, choices: []string{"in", "out", "inout"}, doc: "which way it crosses, seen from the caller; out and inout are pointers"},
		{name: "capacity", kind: exprAttr, doc: "of an out array or string: how many elements, or bytes with the NUL, the caller has room for"},
		{name: "count-return", kind: boolAttr, doc: "the function returns how many elements there are, of which as many as there is room for are written"},
		{name: "null-means", kind: choiceAttr, choices: []string{"", "query-size"}, doc: "given null, the function returns how many elements there would be"},
		{name: "transport", kind: choiceAttr, choices: []string{"inline", "shm"}, doc: "shm: it lies in shared memory, in the plug-in's byte order, and its place crosses"},
		{name: "for", kind: nameAttr, doc: "of userdata: the callback parameter that it belongs to"},
		{name: "self", kind: boolAttr, doc: "of a method: the table, or the object of the table that it is called on"},
	}, passAttrs), children: []string{"doc?"}},
	{name: "return", doc: "The result. A function without one returns nothing.", attrs: join(valueAttrs, passAttrs), children: []string{"doc?"}},
	{name: "varargs", doc: "The dots of a variadic function, which does not cross."},
	{name: "custom", doc: "The function is marshaled by hand.", attrs: []attrRule{
		{name: "marshal", kind: nameAttr, required: true, doc: "the name of what does it"},
		{name: "reason", kind: textAttr, required: true, doc: "why the language does not suffice"},
	}},
	{name: "unsupported", doc: "The function does not cross.", attrs: []attrRule{{name: "reason", kind: textAttr, required: true, doc: "why not"}}},
	{name: "import", doc: "A symbol that plug-ins may want of their host and that nothing else here declares.", attrs: join(named, []attrRule{
		{name: "stub", kind: choiceAttr, choices: []string{"error", "zero", "abort"}, doc: "what a call of it does: end the call that led to it, return 0, end the plug-in"},
	}), children: []string{"doc?"}},
	{name: "state", doc: "How to carry what a plug-in knows over a restart.", attrs: []attrRule{
		{name: "get", kind: nameAttr, required: true, doc: "the function that saves it"},
		{name: "set", kind: nameAttr, required: true, doc: "the function that restores it"},
	}},
}

// ruleOf finds an element's rule.
func ruleOf(name string) *elementRule {
	for i := range grammar {
		if grammar[i].name == name {
			return &grammar[i]
		}
	}
	return nil
}

func (r *elementRule) attr(name string) *attrRule {
	for i := range r.attrs {
		if r.attrs[i].name == name {
			return &r.attrs[i]
		}
	}
	return nil
}
