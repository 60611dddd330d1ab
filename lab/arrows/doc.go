// Package arrows holds the import graph to the design: which room may import
// which, what a program must not hold, and under what names packages go. Every
// rule carries its reason, and a test that fails prints it.
package arrows
