package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"feilun/internal/fetch"
)

// An Error is an answer that is none. Code is of docs/formats/chat-api.md under /api/; under
// /v1/ it becomes OpenAI's.
type Error struct {
	Status     int
	Code       string
	Message    string
	Param      string        // field of the request that is at fault
	RetryAfter time.Duration // when to try again, where known
}

func (e *Error) Error() string { return e.Message }

func badRequest(param, format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Code: "bad_request", Message: fmt.Sprintf(format, args...), Param: param}
}

func notFound(format string, args ...any) error {
	return &Error{Status: http.StatusNotFound, Code: "not_found", Message: fmt.Sprintf(format, args...)}
}

// errorOf turns any error into one with a status. What is not known becomes internal, without
// its text: that goes to the log.
func errorOf(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &Error{Status: http.StatusRequestEntityTooLarge, Code: "too_large", Message: fmt.Sprintf("the body is larger than %d bytes", e.Limit)}
	}
	switch {
	case errors.Is(err, ErrNoModel):
		return &Error{Status: http.StatusNotFound, Code: "model_not_found", Message: err.Error(), Param: "model"}
	case errors.Is(err, ErrContextFull):
		return &Error{Status: http.StatusBadRequest, Code: "context_full", Message: err.Error(), Param: "messages"}
	case errors.Is(err, ErrBusy):
		return &Error{Status: http.StatusServiceUnavailable, Code: "busy", Message: err.Error(), RetryAfter: 5 * time.Second}
	case errors.Is(err, fetch.ErrSearch):
		return &Error{Status: http.StatusBadGateway, Code: "upstream", Message: told(err, fetch.ErrSearch)}
	case errors.Is(err, ErrUpstream):
		return &Error{Status: http.StatusBadGateway, Code: "upstream", Message: told(err, ErrUpstream)}
	case errors.Is(err, context.Canceled):
		return &Error{Status: 499, Code: "cancelled", Message: "the client left"}
	}
	return &Error{Status: http.StatusInternalServerError, Code: "internal", Message: "an error inside the server; its log has more"}
}

// told is what users are told of a failure of kind. Errors of the network hold addresses of the operator's, which go to the log alone.
func told(err, kind error) string {
	e, ok := errors.AsType[*url.Error](err)
	switch {
	case !ok:
		return err.Error()
	case e.Timeout():
		return kind.Error() + ": it did not answer in time"
	}
	return kind.Error() + ": it cannot be reached; the server's log has more"
}

// warn logs why another server cannot be reached: what users are not told. The question, which the address of a search holds, is left out.
func (s *Server) warn(err error, about ...any) {
	e, ok := errors.AsType[*url.Error](err)
	if !ok {
		return
	}
	address := ""
	if u, err := url.Parse(e.URL); err == nil {
		address = u.Scheme + "://" + u.Host + u.Path
	}
	s.log.Warn("upstream", append(about, "address", address, "error", e.Err)...)
}

// fail answers a request of the page with an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := s.explain(r, err)
	retryAfter(w, e)
	writeJSON(w, e.Status, map[string]any{"error": errorBody{e.Code, e.Message, e.Param}})
}

type errorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Param   string `json:"param,omitempty"`
}

// explain turns an error into one with a status and logs what the client is not told.
func (s *Server) explain(r *http.Request, err error) *Error {
	e := errorOf(err)
	switch e.Status {
	case http.StatusBadGateway:
		s.warn(err, "id", about(r.Context()).id, "route", r.Pattern)
	case http.StatusInternalServerError:
		s.log.Error("internal", "id", about(r.Context()).id, "route", r.Pattern, "error", err)
	}
	return e
}

func retryAfter(w http.ResponseWriter, e *Error) {
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}

// writeJSON answers with JSON.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(v) // the client may have left, which is no error of ours
}

// readBody reads a request's body, within its limits of size and time.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	if err == nil {
		http.NewResponseController(w).SetReadDeadline(time.Time{}) // of wrap; a test's recorder has none
		return b, nil
	}
	w.Header().Set("Connection", "close") // the rest is not waited for
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, err
	}
	return nil, badRequest("", "the body could not be read")
}

// readJSON reads a request's body into v. Fields that v has not are ignored; an empty body is
// an empty object.
func (s *Server) readJSON(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := s.readBody(w, r)
	if err != nil || len(b) == 0 {
		return err
	}
	return wrongType(json.Unmarshal(b, v))
}

// wrongType says which field of a body is not what it must be.
func wrongType(err error) error {
	if err == nil {
		return nil
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := strings.TrimPrefix(t.Field, "Sampling.") // fields that several bodies share
		return badRequest(field, "%s is a JSON %s, which it may not be", orBody(field), t.Value)
	}
	return badRequest("", "the body is not as it must be: %v", err)
}

func orBody(field string) string {
	if field == "" {
		return "the body"
	}
	return field
}
