package coderes

// NewAccelerated returns an accelerated resource: a descriptor of a routine of
// the given kind, and the PEF container whose main symbol it is. It is what
// MixedMode.r calls 'rdes'.
func NewAccelerated(info ProcInfo, pef []byte) []byte {
	d := RoutineDescriptor{Routines: []RoutineRecord{
		{ProcInfo: info, ISA: PowerPC, Flags: Relative | NeedsPreparing | UseNativeISA, Proc: descriptorSize + recordSize},
	}}
	b, _ := d.Encode() // which fails by the number of routines only
	return append(b, pef...)
}

// NewFat returns a fat resource, with 68K code and a PEF container, each at a
// multiple of four bytes. It is what MixedMode.r calls 'fdes'.
func NewFat(info68K ProcInfo, code68K []byte, infoPPC ProcInfo, pef []byte) []byte {
	return fat(nil, info68K, code68K, infoPPC, pef)
}

// NewSafeFat returns a safe fat resource: 68K code, the descriptor, 68K code
// and a PEF container. When first called, the code at the start replaces
// itself: by the descriptor if the machine has a Mixed Mode Manager, otherwise
// by a branch to the other 68K code, which so must begin within 32 KB. Then it
// starts again. It changes D0, A0 and A1, so the routine cannot have parameters
// in registers. _BlockMove flushes instruction caches; Apple's, in what MixedMode.r
// calls 'sdes', does so after the branch too.
func NewSafeFat(info68K ProcInfo, code68K []byte, infoPPC ProcInfo, pef []byte) []byte {
	return fat(safeFatCode, info68K, code68K, infoPPC, pef)
}

// safeFatCode is 68K code. Behind it is the descriptor.
var safeFatCode = []uint16{
	// start:
	0x303c, 0xa89f, // MOVE.W  #$A89F,D0            _Unimplemented
	0xa746,         // _GetToolBoxTrapAddress
	0x2248,         // MOVEA.L A0,A1
	0x303c, 0xaafe, // MOVE.W  #$AAFE,D0            _MixedModeMagic
	0xa746,         // _GetToolBoxTrapAddress
	0xb3c8,         // CMPA.L  A0,A1
	0x6600, 0x0018, // BNE.W   mixed
	0x41fa, 0xffea, // LEA     start(PC),A0
	0x43fa, 0x001e, // LEA     descriptor(PC),A1
	0x2029, 0x0014, // MOVE.L  20(A1),D0            offset of the 68K code
	0x5580,         // SUBQ.L  #2,D0                counted from behind the first word
	0x30fc, 0x6000, // MOVE.W  #$6000,(A0)+         BRA.W
	0x3080, //         MOVE.W  D0,(A0)
	0x60d6, //         BRA.S   start
	// mixed: the descriptor ends where _BlockMove is, which so survives it
	0x41fa, 0x000c, // LEA     descriptor(PC),A0
	0x43fa, 0xffd0, // LEA     start(PC),A1
	0x7034, //         MOVEQ   #52,D0
	0xa02e, //         _BlockMove
	0x60c8, //         BRA.S   start
	// descriptor:
}

// fat puts code, a descriptor, 68K code and a PEF container together.
func fat(preamble []uint16, info68K ProcInfo, code68K []byte, infoPPC ProcInfo, pef []byte) []byte {
	var b []byte
	for _, w := range preamble {
		b = bigEndian.AppendUint16(b, w)
	}
	d := RoutineDescriptor{Routines: []RoutineRecord{
		{ProcInfo: info68K, ISA: M68K, Flags: Relative | UseNativeISA},
		{ProcInfo: infoPPC, ISA: PowerPC, Flags: Relative | NeedsPreparing | UseNativeISA},
	}}
	d.Routines[0].Proc = uint32(len(b) + d.Size())
	padded := pad4(append([]byte(nil), code68K...))
	d.Routines[1].Proc = d.Routines[0].Proc + uint32(len(padded))
	descriptor, _ := d.Encode() // which fails by the number of routines only
	b = append(b, descriptor...)
	b = append(b, padded...)
	return append(b, pef...)
}
