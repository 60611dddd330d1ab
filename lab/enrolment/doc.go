// Package enrolment holds devices against a gateway: the real ends of the
// enrolment, over HTTPS, with power cuts after every step.
package enrolment
