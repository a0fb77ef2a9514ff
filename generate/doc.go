// Package generate turns definitions of APIs into code: one back end for each
// thing that is made of a definition. A back end is a function and a row in the
// list of them; what it shares with others is the model, package api.
//
// The C back ends make the three things that cross between two processes:
// stubs, skeletons and codecs; native/glue.h explains them. Templates hold the
// shape of the C code, the c_*.go files the knowledge of what goes where.
package generate
