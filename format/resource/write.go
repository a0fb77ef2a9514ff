package resource

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/crossplug/crossplug/internal/bin"
)

// Write writes the fork. What was read is written as the Resource Manager would
// write it: types in the order in which they first appear, resources and their
// data in order, each name and each datum stored once for each resource. So
// writing what was read from what was written gives the same bytes.
//
// The error names what does not fit the format: a name of more than 255 bytes,
// or with characters that Mac OS Roman does not have; more than 16 MiB of data;
// more than about 2700 resources, or 64 KiB of names.
func (f *Fork) Write(w io.Writer) error {
	b, err := f.Encode()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// Encode returns the fork as Write writes it.
func (f *Fork) Encode() ([]byte, error) {
	var order []OSType
	byType := make(map[OSType][]*Resource)
	for _, r := range f.Resources {
		if byType[r.Type] == nil {
			order = append(order, r.Type)
		}
		byType[r.Type] = append(byType[r.Type], r)
	}
	be := binary.BigEndian
	var data, types, refs, names []byte
	types = be.AppendUint16(types, uint16(len(order)-1))
	listSize := 2 + typeSize*len(order)
	for _, t := range order {
		if off := listSize + len(refs); off > math.MaxUint16 || len(byType[t]) > math.MaxUint16+1 {
			return nil, fmt.Errorf("type '%v': its %d resources would be listed at byte %d of the map, which reaches to %d",
				t, len(byType[t]), off, math.MaxUint16)
		}
		types = be.AppendUint32(types, uint32(t))
		types = be.AppendUint16(types, uint16(len(byType[t])-1))
		types = be.AppendUint16(types, uint16(listSize+len(refs)))
		for _, r := range byType[t] {
			if len(data) > maxData {
				return nil, fmt.Errorf("resource %v: its data would begin at byte %d; a fork reaches to %d", r, len(data), maxData)
			}
			name := uint16(noName)
			if r.Name != "" {
				text, err := bin.EncodeMacRoman(r.Name)
				switch {
				case err != nil:
					return nil, fmt.Errorf("resource %v: name: %w", r, err)
				case len(text) > maxName:
					return nil, fmt.Errorf("resource %v: name has %d characters; at most %d are possible", r, len(text), maxName)
				case len(names) >= noName:
					return nil, fmt.Errorf("resource %v: name would begin at byte %d of all names; at most %d are possible", r, len(names), noName)
				}
				name = uint16(len(names))
				names = append(append(names, byte(len(text))), text...)
			}
			refs = be.AppendUint16(refs, uint16(r.ID))
			refs = be.AppendUint16(refs, name)
			refs = be.AppendUint32(refs, uint32(r.Attributes)<<24|uint32(len(data)))
			refs = be.AppendUint32(refs, 0)
			if uint64(len(r.Data)) > maxData {
				return nil, fmt.Errorf("resource %v: its data has %d bytes; at most %d are possible", r, len(r.Data), maxData)
			}
			data = be.AppendUint32(data, uint32(len(r.Data)))
			data = append(data, r.Data...)
		}
	}
	nameOff := mapHeaderSize + listSize + len(refs)
	if nameOff > math.MaxUint16 {
		return nil, fmt.Errorf("the %d resources would need %d bytes in the map; at most %d are possible", len(f.Resources), nameOff, math.MaxUint16)
	}
	const dataOff = headerSize + systemSize + userSize
	header := be.AppendUint32(nil, dataOff)
	header = be.AppendUint32(header, uint32(dataOff+len(data)))
	header = be.AppendUint32(header, uint32(len(data)))
	header = be.AppendUint32(header, uint32(nameOff+len(names)))

	b := append(header[:headerSize:headerSize], f.System[:]...)
	b = append(b, f.User[:]...)
	b = append(b, data...)
	b = append(b, header...)
	b = append(b, make([]byte, 4+2)...)
	b = be.AppendUint16(b, uint16(f.Attributes))
	b = be.AppendUint16(b, mapHeaderSize)
	b = be.AppendUint16(b, uint16(nameOff))
	b = append(b, types...)
	b = append(b, refs...)
	return append(b, names...), nil
}
