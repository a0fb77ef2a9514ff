// Package helper runs plug-ins in helper hosts: processes of the plug-in's own
// architecture, native or under an emulator, that load it, call it and lend
// memory to it on behalf of this process.
//
// [Start] finds the way to run an architecture on this machine, starts a helper
// host and supervises it. The [Process] that it returns answers the questions
// that every runtime answers: load, look up, call, read, write. Control goes
// over a message queue (package wire); calls and data through shared memory
// (package ring), where a [Lane] carries one thread's calls and a [Batch]
// carries many of them in one crossing.
//
// A plug-in that crashes, hangs or exits takes its helper with it and nothing
// else. Calls in flight, and all later ones, fail with a *fault.Crash or
// *fault.Hang.
package helper
