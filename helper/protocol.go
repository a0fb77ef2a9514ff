package helper

// The numbers of native/protocol.h, where they are explained. A test compares
// the two.
const (
	opInfo        = 1
	opLoad        = 2
	opUnload      = 3
	opLookup      = 4
	opCall        = 5
	opRead        = 6
	opReadStrings = 7
	opWrite       = 8
	opAlloc       = 9
	opFree        = 10
	opCallback    = 11
	opRelease     = 12
	opLane        = 13
	opExit        = 14
	opInvoke      = 15
	opLoadBytes   = 16
	opCalled      = 32

	errProtocol = 256
	errLoad     = 257
	errNotFound = 258
	errLimit    = 259

	maxArgs = 14

	laneRequest    = 0x000
	laneResponse   = 0x040
	laneHostWaits  = 0x080
	laneGuestWaits = 0x0c0
	laneKind       = 0x100
	laneFirst      = 0x104
	laneCount      = 0x108
	laneAnswers    = 0x10c
	laneValue      = 0x110
	laneSpin       = 0x118
	laneState      = 0x140
	laneID         = 0x144
	laneAt         = 0x148
	laneArgs       = 0x180
	laneCalls      = 0x1000
	laneResults    = 0x4000
	laneSize       = 0x5000

	callClasses = 8
	callArgs    = 24

	turnRun     = 1
	turnReturn  = 2
	turnPin     = 3
	turnStop    = 4
	stateDone   = 1
	stateCalled = 2
)
