// Package counter stands at the counter of a till-demo: it builds and starts
// the program, does over HTTP what cashier, customer and mishap do, and ends it.
// Its tests hold till-demo to what it promises to those who only see it from
// outside. Other packages of the lab use it to drive the same program.
package counter
