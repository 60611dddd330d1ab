// Package pictures draws the pictures of the documentation, from the product
// itself: `make pictures`.
package pictures
