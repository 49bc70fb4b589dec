package serve

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Costs of argon2id: OWASP's password storage cheat sheet, 19 MiB and two passes.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonKey    = 32
)

// nobody is compared with where there is no such name, so that both take as long. It is of no password.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Lengths of what people choose.
const (
	minPassword = 10   // characters
	maxPassword = 1024 // bytes
	maxName     = 64   // characters
)

// hashPassword returns the hash in PHC form: $argon2id$v=19$m=…,t=…,p=1$salt$hash.
func hashPassword(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, 1, argonKey)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, argonMemory, argonTime, b64(salt), b64(key))
}

// samePassword compares a password with a hash of any costs.
func samePassword(password, hash string) bool {
	var version, memory, passes int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	_, err1 := fmt.Sscanf(parts[2], "v=%d", &version)
	_, err2 := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &memory, &passes)
	salt, err3 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err4 := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(err1, err2, err3, err4) != nil || version != argon2.Version || memory < 8 || memory > 1<<20 || passes < 1 || passes > 100 || len(want) == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), 1, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// maxHashWait is how long a login waits for its turn to be hashed.
const maxHashWait = 10 * time.Second

// hashing runs do when it is its turn: two at a time, so that a flood of logins takes no more memory than that.
func (s *Server) hashing(ctx context.Context, do func()) error {
	ctx, cancel := context.WithTimeout(ctx, maxHashWait)
	defer cancel()
	select {
	case s.people.hashing <- struct{}{}:
		defer func() { <-s.people.hashing }()
		do()
		return nil
	case <-ctx.Done():
		return ErrBusy
	}
}

// cleanName is the name as it is kept, or why it cannot be one.
func cleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	if name == "" || utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) {
		return "", badRequest("name", "a name has 1 to %d characters", maxName)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.EqualFold(name, RoleLocal) {
		return "", badRequest("name", "this cannot be a name")
	}
	return name, nil
}

func checkPassword(field, password, name string) error {
	if utf8.RuneCountInString(password) < minPassword || len(password) > maxPassword {
		return badRequest(field, "a password has at least %d characters", minPassword)
	}
	if strings.EqualFold(password, name) {
		return badRequest(field, "the password is the name")
	}
	return nil
}
