// Package glue is what Go packages stand on that crossplug generates from API
// definitions. A program uses the generated package; of this one it meets the
// errors ([Error], [Failure]), [Thread], [Batch], [Shared] and [Registration].
//
// A generated package has for each function of the plug-in's a stub, which
// encodes its arguments, crosses and decodes the results, and for each function
// of the host's a skeleton, which does the reverse. Between them and the plug-in
// is a generated dispatcher in C, which the plug-in's process loads before the
// plug-in:
//
//	Go stub -> message in shared memory -> dispatcher -> plug-in
//	Go skeleton <- message <- dispatcher <- plug-in
//
// # Messages
//
// A message is a row of 8-byte little-endian words in a frame, an area of shared
// memory that belongs to one thread of the plug-in's side. Turns alternate
// strictly and everybody decodes a message completely before doing anything
// else, so one frame serves requests, responses and calls nested in them to any
// depth.
//
//	request    function | length << 32,  handle of the callback or table or 0,  arguments
//	response   status | length << 32,    results; or, if the status is not 0, a text that says what was wrong
//
// Integers, truth values and characters take a word each, floats their IEEE bits
// in one. A text is its length in bytes, then the bytes, padded with zeros to
// whole words; an array is its number of elements and, likewise padded, the
// elements; what is nullable and null has all ones for the length. A handle is a
// number with a generation, of which 0 is null. What comes from the other side
// is read once and checked before it is used.
//
// # Handles and callbacks
//
// Objects never cross; handles do, and their owner's side checks them. The
// host's objects and the Go functions that plug-ins may call are in the Link's
// table. Scopes decide how long a function may be called; a call after that is
// refused on the side that made it.
package glue
