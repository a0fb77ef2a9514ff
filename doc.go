// Package crossplug loads plug-ins built for another processor, byte order or
// binary format, calls them as if they were local, and keeps running when they
// crash.
//
// [Open] recognises the code in a file, finds a way to run it on this machine
// and loads it there. [Plugin.Lookup] gives a [Proc], a procedure with its C
// signature, and [Proc.Call] calls it, whatever processor runs it. Go functions
// become procedures too ([Plugin.Func]), so a plug-in can call back. Plug-ins
// for the machine's own processor go the same way, in a process of their own.
//
// Errors are sorted by what a caller can do about them; see [ErrCrashed] and
// its neighbours. A plug-in that crashes or hangs takes nothing else with it.
//
// What a plug-in family needs beyond calls — the layout of its structures, the
// order of its calls — is in the packages under hosts, for example
// hosts/ladspa.
package crossplug
