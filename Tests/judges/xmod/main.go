// Judges a published ledger with Go's own note and tlog packages (golang.org/x/mod/sumdb).
//
// usage: main FOLDER VKEY ENTRY…
//
// Opens the checkpoint with the key, recomputes its root from the tiles, and shows for each entry, read from its bundle, that the
// tree has it. Exit status 0: all of it holds.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

// number writes a tile's index as c2sp.org/tlog-tiles does: x001/x234/067.
func number(n int64) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	return text
}

func path(folder, level string, n int64, width int) string {
	name := filepath.Join(folder, "tile", level, number(n))
	if width < 256 {
		name = fmt.Sprintf("%s.p/%d", name, width)
	}
	return name
}

type tiles struct{ folder string }

func (tiles) Height() int { return 8 }

func (t tiles) ReadTiles(asked []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range asked {
		bytes, err := os.ReadFile(path(t.folder, strconv.Itoa(tile.L), tile.N, tile.W))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func entry(folder string, index, size int64) ([]byte, error) {
	width := 256
	if index/256 == size/256 {
		width = int(size % 256)
	}
	bundle, err := os.ReadFile(path(folder, "entries", index/256, width))
	if err != nil {
		return nil, err
	}
	for place := int64(0); ; place++ {
		if len(bundle) < 2 {
			return nil, fmt.Errorf("the bundle ends before entry %d", index)
		}
		length := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+length {
			return nil, fmt.Errorf("the bundle ends within an entry")
		}
		if place == index%256 {
			return bundle[2 : 2+length], nil
		}
		bundle = bundle[2+length:]
	}
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	if err != nil {
		fail("the key: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		fail("%v", err)
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		fail("the checkpoint: %v", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("the checkpoint is not three lines of this ledger")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("%v", err)
	}
	rootBytes, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(rootBytes) != tlog.HashSize {
		fail("the root: %v", err)
	}
	var root tlog.Hash
	copy(root[:], rootBytes)
	tree := tlog.Tree{N: size, Hash: root}
	reader := tlog.TileHashReader(tree, tiles{folder})
	computed, err := tlog.TreeHash(size, reader)
	if err != nil || computed != root {
		fail("the tiles don't have the signed root: %v", err)
	}
	for _, argument := range os.Args[3:] {
		index, err := strconv.ParseInt(argument, 10, 64)
		if err != nil {
			fail("%v", err)
		}
		bytes, err := entry(folder, index, size)
		if err != nil {
			fail("entry %d: %v", index, err)
		}
		proof, err := tlog.ProveRecord(size, index, reader)
		if err != nil {
			fail("entry %d: %v", index, err)
		}
		if err := tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(bytes)); err != nil {
			fail("entry %d: %v", index, err)
		}
	}
	fmt.Println("holds", size)
}
