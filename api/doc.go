// Package api is the language in which the interface of a plug-in family is
// described: what C headers leave out and what crossing an address space needs.
// Direction, length, lifetime, thread and version of everything that crosses.
//
// [Parse] reads a definition; everything after works on the [API] it returns.
// docs/api.md is the language's reference.
package api
