package ppc

import (
	"encoding/binary"
	"math/bits"

	"github.com/crossplug/crossplug/guest/cpu"
	isa "github.com/crossplug/crossplug/guest/isa/ppc"
	"github.com/crossplug/crossplug/guest/memory"
)

// rare executes what the loop leaves to it. If it returns an event, the
// instruction has not been executed.
func (c *CPU) rare(u *uop) event {
	switch u.code {
	case codeFADD, codeFADDS, codeFSUB, codeFSUBS:
		c.floatAdd(u)
		return event{}
	case codeFMUL, codeFMULS:
		c.floatMultiply(u)
		return event{}
	case codeFMADD, codeFMADDS, codeFMSUB, codeFMSUBS, codeFNMADD, codeFNMADDS, codeFNMSUB, codeFNMSUBS:
		c.floatFused(u)
		return event{}
	case codeFDIV, codeFDIVS:
		c.floatDivide(u)
		return event{}
	case codeFCMPU, codeFCMPO:
		c.floatCompare(u)
		return event{}
	}
	if a := accesses[u.op]; a.size != 0 {
		return c.access(u, a)
	}
	indexed := c.R[u.a&31]&u.mask + c.R[u.b&31]
	var err error
	switch u.op {
	case opOverflow:
		c.overflowing(u)
	case isa.ADDME, isa.SUBFME, isa.SUBFZE:
		x, y := c.R[u.a&31], ^uint32(0)
		if u.op != isa.ADDME {
			x = ^x
		}
		if u.op == isa.SUBFZE {
			y = 0
		}
		sum, carry := bits.Add32(x, y, c.carry())
		c.R[u.d&31] = sum
		c.setCarry(carry)
		if u.rc {
			c.cr0(sum)
		}
	case isa.ABS, isa.NABS, isa.DOZ, isa.DOZI, isa.MUL, isa.DIV, isa.DIVS, isa.RLMI, isa.RRIB, isa.MASKG, isa.MASKIR, isa.CLCS,
		isa.SLE, isa.SLEQ, isa.SLIQ, isa.SLLIQ, isa.SLLQ, isa.SLQ, isa.SRAIQ, isa.SRAQ, isa.SRE, isa.SREA, isa.SREQ, isa.SRIQ, isa.SRLIQ, isa.SRLQ, isa.SRQ:
		c.power(u)
	case isa.TW:
		return trapIf(u, c.R[u.a&31], c.R[u.b&31])
	case isa.TWI:
		return trapIf(u, c.R[u.a&31], u.imm)
	case isa.SC:
		return event{kind: systemCall}

	case isa.LMW:
		err = c.loadMultiple(uint32(u.d), c.R[u.a&31]&u.mask+u.imm)
	case isa.STMW:
		err = c.storeMultiple(uint32(u.d), c.R[u.a&31]&u.mask+u.imm)
	case isa.LSWI:
		err = c.loadString(u, c.R[u.a&31]&u.mask, (uint32(u.b)+31)&31+1)
	case isa.LSWX:
		err = c.loadString(u, indexed, c.XER&cpu.XERCount)
	case isa.STSWI:
		err = c.storeString(u, c.R[u.a&31]&u.mask, (uint32(u.b)+31)&31+1)
	case isa.STSWX:
		err = c.storeString(u, indexed, c.XER&cpu.XERCount)
	case isa.LSCBX:
		err = c.loadCompare(u, indexed)
	case isa.LWARX:
		return c.loadReserved(u, indexed)
	case isa.STWCX_:
		return c.storeConditional(u, indexed)

	case isa.DCBZ:
		err = c.zeroBlock(indexed)
	case isa.ICBI:
		if p := int(indexed >> memory.PageBits); p < len(c.pages) && c.pages[p] != nil {
			c.pages[p].forget(indexed&pageMask&^(blockSize-1), blockSize)
		}
	case isa.DCBF, isa.DCBST, isa.DCBT, isa.DCBTST, isa.ISYNC, isa.SYNC, isa.EIEIO:
		// Nothing is kept back, nothing is out of order.
	case isa.ECIWX, isa.ECOWX:
		return event{kind: privileged} // EAR does not allow them

	case isa.CRAND, isa.CRANDC, isa.CREQV, isa.CRNAND, isa.CRNOR, isa.CROR, isa.CRORC, isa.CRXOR:
		c.conditionLogic(u)
	case isa.MCRF:
		c.CR = c.CR&^(15<<u.d) | c.CR>>u.a&15<<u.d
	case isa.MCRXR:
		c.CR = c.CR&^(15<<u.d) | c.XER>>28<<u.d
		c.XER &^= 15 << 28
	case isa.MFCR:
		c.R[u.d&31] = c.CR
	case isa.MTCRF:
		c.CR = c.CR&^u.mask | c.R[u.d&31]&u.mask
	case isa.MFSPR, isa.MFTB:
		return c.moveFrom(u)
	case isa.MTSPR:
		return c.moveTo(u)

	case opIllegal, isa.FSQRT, isa.FSQRTS:
		return event{kind: illegal}
	default:
		switch u.op.Set() {
		case isa.Supervisor, isa.TLB603:
			return event{kind: privileged}
		case isa.AltiVec:
			return event{kind: vector}
		}
		return c.float(u)
	}
	if err != nil {
		return event{badAccess, err}
	}
	return event{}
}

func trapIf(u *uop, a, b uint32) event {
	to := u.d
	if int32(a) < int32(b) && to&16 != 0 || int32(a) > int32(b) && to&8 != 0 || a == b && to&4 != 0 || a < b && to&2 != 0 || a > b && to&1 != 0 {
		return event{kind: trap}
	}
	return event{}
}

// loadMultiple loads r and all after it. It takes all or nothing.
func (c *CPU) loadMultiple(r, addr uint32) error {
	var buf [4 * 32]byte
	b := buf[:4*(32-r)]
	if err := c.mem.Load(b, addr); err != nil {
		return err
	}
	for ; r < 32; r++ {
		c.R[r] = be32(b)
		b = b[4:]
	}
	return nil
}

func (c *CPU) storeMultiple(r, addr uint32) error {
	var buf [4 * 32]byte
	b := buf[:0]
	for ; r < 32; r++ {
		b = binary.BigEndian.AppendUint32(b, c.R[r])
	}
	return c.mem.Store(addr, b)
}

// loadString loads n bytes into registers from d on, around from r31 to r0; what
// they leave of the last register becomes 0.
func (c *CPU) loadString(u *uop, addr, n uint32) error {
	var buf [128]byte
	if err := c.mem.Load(buf[:n&127], addr); err != nil {
		return err
	}
	for i := uint32(0); i < n; i += 4 {
		c.R[(uint32(u.d)+i/4)&31] = be32(buf[i&127:])
	}
	return nil
}

func (c *CPU) storeString(u *uop, addr, n uint32) error {
	var buf [128]byte
	for i := uint32(0); i < n; i += 4 {
		binary.BigEndian.PutUint32(buf[i&127:], c.R[(uint32(u.d)+i/4)&31])
	}
	return c.mem.Store(addr, buf[:n&127])
}

// loadCompare loads bytes as lswx does, but ends after one that is equal to
// XER's byte 2. It leaves the number of bytes in XER.
func (c *CPU) loadCompare(u *uop, addr uint32) error {
	most := c.XER & cpu.XERCount
	stop := uint8(c.XER >> 8)
	n, found := uint32(0), false
	for n < most && !found {
		b, err := c.mem.Load8(addr + n)
		if err != nil {
			return err
		}
		r := &c.R[(uint32(u.d)+n/4)&31]
		shift := 24 - n%4*8
		*r = *r&^(0xff<<shift) | uint32(b)<<shift
		n++
		found = b == stop
	}
	c.XER = c.XER&^cpu.XERCount | n
	if u.rc {
		v := uint32(0)
		if found {
			v = 2
		}
		c.setCR0(v)
	}
	return nil
}

func (c *CPU) loadReserved(u *uop, addr uint32) event {
	if addr&3 != 0 {
		return event{misaligned, &memory.Fault{Kind: memory.Misaligned, Access: memory.Read, Addr: addr, Size: 4}}
	}
	v, err := c.mem.Load32(addr)
	if err != nil {
		return event{badAccess, err}
	}
	c.R[u.d&31] = v
	c.reserved, c.reservedAt = true, addr
	return event{}
}

// storeConditional stores if lwarx has reserved the address. A processor on its
// own loses a reservation to nobody.
func (c *CPU) storeConditional(u *uop, addr uint32) event {
	if addr&3 != 0 {
		return event{misaligned, &memory.Fault{Kind: memory.Misaligned, Access: memory.Write, Addr: addr, Size: 4}}
	}
	v := uint32(0)
	if c.reserved && c.reservedAt == addr {
		if err := c.mem.Store32(addr, c.R[u.d&31]); err != nil {
			return event{badAccess, err}
		}
		v = 2
	}
	c.reserved = false
	c.setCR0(v)
	return event{}
}

// blockSize is a cache block's, of all these processors.
const blockSize = 32

func (c *CPU) zeroBlock(addr uint32) error {
	var zeros [blockSize]byte
	return c.mem.Store(addr&^(blockSize-1), zeros[:])
}

func (c *CPU) conditionLogic(u *uop) {
	a, b := c.CR>>(u.a&31)&1, c.CR>>(u.b&31)&1
	switch u.op {
	case isa.CRAND:
		a &= b
	case isa.CRANDC:
		a &^= b
	case isa.CREQV:
		a ^= b ^ 1
	case isa.CRNAND:
		a = a&b ^ 1
	case isa.CRNOR:
		a = (a | b) ^ 1
	case isa.CROR:
		a |= b
	case isa.CRORC:
		a |= b ^ 1
	case isa.CRXOR:
		a ^= b
	}
	c.CR = c.CR&^(1<<(u.d&31)) | a<<(u.d&31)
}

// moveFrom reads a special-purpose register, or the time base.
func (c *CPU) moveFrom(u *uop) event {
	var v uint32
	switch u.imm {
	case 0:
		v = c.MQ
	case 1:
		v = c.XER
	case 4: // a 601's clock: seconds
		v = uint32(c.now() / TimebaseHz)
	case 5: // and nanoseconds, in steps of 128
		v = uint32(c.now()%TimebaseHz*(1e9/TimebaseHz)) &^ 127
	case 6: // its decrementer, which users may read
		v = -uint32(c.now())
	case 8:
		v = c.LR
	case 9:
		v = c.CTR
	case 256:
		v = c.VRSAVE
	case 268:
		v = uint32(c.now())
	case 269:
		v = uint32(c.now() >> 32)
	default:
		return unknownRegister(u)
	}
	if (u.op == isa.MFTB) != (u.imm == 268 || u.imm == 269) {
		return event{kind: illegal}
	}
	c.R[u.d&31] = v
	return event{}
}

func (c *CPU) moveTo(u *uop) event {
	v := c.R[u.d&31]
	switch u.imm {
	case 0:
		c.MQ = v
	case 1:
		c.XER = v & (15<<28 | 0xff00 | cpu.XERCount) &^ (1 << 28)
	case 8:
		c.LR = v
	case 9:
		c.CTR = v
	case 256:
		c.VRSAVE = v
	default:
		return unknownRegister(u)
	}
	return event{}
}

// unknownRegister tells the registers that are for operating systems, whose
// number has the bit 0x10, from those that do not exist.
func unknownRegister(u *uop) event {
	if u.op != isa.MFTB && u.imm&0x10 != 0 {
		return event{kind: privileged}
	}
	return event{kind: illegal}
}
