package state

// sync returns when the change t is on disk. Whoever comes while another writes,
// waits for that and then writes for all who came meanwhile. s.mu is held.
func (s *Store) sync(t Ticket) error {
	for s.durable < t {
		if s.failed != nil {
			return problem("writing", s.path, s.failed)
		}
		if s.syncing {
			s.synced.Wait()
			continue
		}
		if s.at < 0 { // the log needs a table to be about
			return s.mergeNow()
		}
		s.writeFrame()
	}
	return nil
}

// writeFrame appends the pending changes to the log and syncs it, without
// holding s.mu meanwhile.
func (s *Store) writeFrame() {
	frame, upTo, at := s.pending, s.last, s.end
	s.pending, s.spare = s.spare[:0], nil
	s.syncing = true
	if s.file == nil {
		s.file, s.failed = s.disk.Open(s.path)
	}
	f, err := s.file, s.failed
	s.mu.Unlock()
	if err == nil {
		endFrame(frame)
		if _, err = f.WriteAt(frame, at); err == nil {
			err = f.Sync()
		}
	}
	s.mu.Lock()
	s.syncing = false
	if err != nil {
		// What is on disk now, nobody knows; nothing more may be built on it.
		s.failed = err
	} else {
		s.end, s.durable, s.spare = at+int64(len(frame)), upTo, frame[:0]
	}
	s.synced.Broadcast()
}

// mergeNow merges once nobody is writing. s.mu is held.
func (s *Store) mergeNow() error {
	for s.syncing {
		s.synced.Wait()
	}
	err := s.failed
	if err == nil {
		err = s.merge()
	}
	if err != nil {
		return problem("writing", s.path, err)
	}
	return nil
}

// merge writes all tables anew with the changes put in, in the place of the
// file, and goes on with that. When it fails nobody can say which file is there,
// so nothing more may be built on it.
func (s *Store) merge() error {
	var parts []part
	if s.image != nil {
		for i, t := range s.image.tables {
			p := part{t: t, log: s.image.logs[i]}
			if i == s.at {
				p = part{t: s.table, log: s.log, seen: s.seen}
			}
			parts = append(parts, p)
		}
	}
	at := s.at
	if at < 0 {
		at = len(parts)
		parts = append(parts, part{t: s.table, log: s.log, seen: s.seen})
	}
	if s.file != nil { // a system may not replace a file that is open
		s.file.Close()
		s.file = nil
	}
	seen, err := writeImage(s.disk, s.path, parts)
	var m *image
	if err == nil {
		// What it was told is for whoever opens it next, who reads all of it.
		m, err = loadOwn(s.path)
	}
	if err == nil && (m == nil || at >= len(m.tables)) {
		err = errBroken
	}
	if err != nil {
		s.failed = err
		return err
	}
	s.use(m)
	s.seen = seen[at]
	s.pending, s.durable, s.dirty = s.pending[:0], s.last, false
	s.synced.Broadcast()
	return nil
}
