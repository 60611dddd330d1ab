package boards

// Sim is a board without hardware: the world is at the other end of a socket.
var Sim = Board{
	Name:  "sim",
	About: "no hardware: the peripherals are the bench's, on a Unix socket",
	Bench: true,
	Panel: Panel{Width: 800, Height: 480},
}
