package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrForbidden is returned for addresses that are not fetched: other schemes and ports, and whatever
// leads into the machine or the network it stands in.
var ErrForbidden = errors.New("this address is not fetched")

// inner are the ranges of addresses, beside those netip knows, that are not of the public internet (IANA's special-purpose
// registries), carry an inner address in themselves, or answer for a cloud's machines.
var inner = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32",           // Azure's own server
	"2001::/23", "2001:db8::/32", // Teredo and others; documentation
	"2002::/16",                      // 6to4: an IPv4 address inside
	"3fff::/20", "2620:4f:8000::/48", // documentation; AS112
)

// global is where public IPv6 addresses are: all others are of a site, a link, a machine or a translator (64:ff9b::/96).
var global = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// public reports whether an address is of the public internet.
func public(ip netip.Addr) bool {
	if !ip.IsValid() || ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	if ip.IsUnspecified() || ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.Is6() && !global.Contains(ip) {
		return false
	}
	return !slices.ContainsFunc(inner, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// control is called by the dialer with the address it is about to connect to, for every connection: whatever a
// name meant when it was looked at, this is what counts.
func (c *Client) control(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: %s %s", ErrForbidden, network, address)
	}
	if slices.Contains(c.o.Allow, netip.AddrPortFrom(at.Addr().Unmap(), at.Port())) {
		return nil
	}
	if !public(at.Addr()) || at.Port() != 80 && at.Port() != 443 {
		return fmt.Errorf("%w: it leads to %s", ErrForbidden, at)
	}
	return nil
}

// dial looks a name up once and connects to one of its addresses.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ips, err := c.o.Lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: 5 * time.Second, Control: c.control}
	var errs error
	for _, ip := range ips[:min(len(ips), 4)] {
		conn, err := d.DialContext(ctx, network, net.JoinHostPort(ip.String(), port))
		if err == nil {
			return conn, nil
		}
		errs = errors.Join(errs, err)
	}
	if errs == nil {
		errs = fmt.Errorf("%s has no address", host)
	}
	return nil, errs
}

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// check refuses addresses by what they say, before anything is looked up.
func (c *Client) check(u *url.URL) error {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	_, numeric := netip.ParseAddr(host)
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%w: only http and https are", ErrForbidden)
	case u.User != nil:
		return fmt.Errorf("%w: it has a user or password", ErrForbidden)
	case host == "" || len(u.String()) > 4096:
		return fmt.Errorf("%w: it has no host or is too long", ErrForbidden)
	case c.allowed(u):
		return nil
	case u.Port() != "" && u.Port() != "80" && u.Port() != "443":
		return fmt.Errorf("%w: only ports 80 and 443 are", ErrForbidden)
	case numeric == nil:
		if ip, _ := netip.ParseAddr(host); !public(ip) {
			return fmt.Errorf("%w: it leads to %s", ErrForbidden, ip)
		}
	case endsInNumber(host):
		return fmt.Errorf("%w: a number is no host name", ErrForbidden)
	case !strings.Contains(host, ".") || slices.ContainsFunc([]string{".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet"}, func(s string) bool { return strings.HasSuffix(host, s) }):
		return fmt.Errorf("%w: %s is a name of an inner network", ErrForbidden, host)
	}
	return nil
}

// allowed reports whether an address is one of those that tests allow.
func (c *Client) allowed(u *url.URL) bool {
	return slices.ContainsFunc(c.o.Allow, func(a netip.AddrPort) bool { return u.Port() == fmt.Sprint(a.Port()) })
}

// endsInNumber reports whether a host would be read as an IPv4 address by some programs (WHATWG URL): its last
// label is decimal, octal or hexadecimal.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if rest, hex := strings.CutPrefix(last, "0x"); hex {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
