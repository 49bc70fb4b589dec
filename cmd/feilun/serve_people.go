package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"feilun/feedback"
	"feilun/internal/hint"
	"feilun/internal/store"
	"feilun/serve"
)

// serveVerb is the server, and what is done to its database.
type serveVerb struct {
	Start   serveCmd        `cmd:"" default:"withargs" help:"Serve a model and a corpus (the default)."`
	Backup  serveBackupCmd  `cmd:"" help:"Copy the database of a server, which may be running, into one file."`
	Restore serveRestoreCmd `cmd:"" help:"Put a backup in the place of a database that no server has open."`
}

// peopleFlags say who may come in, and from where.
type peopleFlags struct {
	Proxy        []string `placeholder:"CIDR" help:"Address or network of a proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; may be repeated."`
	OIDCIssuer   string   `name:"oidc-issuer" placeholder:"URL" help:"OpenID Connect service that people may log in with."`
	OIDCClient   string   `name:"oidc-client" placeholder:"ID" help:"Name of this server there."`
	OIDCSecret   string   `name:"oidc-secret" placeholder:"SECRET" env:"FEILUN_OIDC_SECRET" help:"Its secret, if it has one; better by the environment than by a flag."`
	OIDCRedirect string   `name:"oidc-redirect" placeholder:"URL" help:"Address of this server's /api/oidc/callback, as registered there."`
	OIDCDomain   []string `name:"oidc-domain" placeholder:"DOMAIN" help:"Domain of e-mail addresses that may log in; may be repeated. All by default."`
}

func (f *peopleFlags) fill(o *serve.Options) (err error) {
	if o.Mask, err = maskText(); err != nil {
		return err
	}
	for _, p := range f.Proxy {
		prefix, err := netip.ParsePrefix(p)
		if ip, ipErr := netip.ParseAddr(p); ipErr == nil {
			prefix, err = ip.Prefix(ip.BitLen())
		}
		if err != nil {
			return hint.Usage(fmt.Errorf("--proxy %q is no address or network such as 10.0.0.0/8", p))
		}
		o.Proxies = append(o.Proxies, prefix.Masked())
	}
	if f.OIDCIssuer == "" {
		if f.OIDCClient+f.OIDCRedirect != "" || len(f.OIDCDomain) > 0 {
			return hint.Usage(errors.New("--oidc-client, --oidc-redirect and --oidc-domain need --oidc-issuer"))
		}
		return nil
	}
	if f.OIDCClient == "" || !strings.HasSuffix(f.OIDCRedirect, "/api/oidc/callback") {
		return hint.Usage(hint.With(errors.New("--oidc-issuer needs --oidc-client and --oidc-redirect"), "the redirect ends with /api/oidc/callback"))
	}
	if u, err := url.Parse(f.OIDCIssuer); err != nil || u.Host == "" || u.Scheme != "https" && !serve.Loopback(hostPort(u)) {
		return hint.Usage(fmt.Errorf("--oidc-issuer %q is no https address", f.OIDCIssuer))
	}
	o.OIDC = &serve.OIDC{Issuer: f.OIDCIssuer, ClientID: f.OIDCClient, Secret: f.OIDCSecret, Redirect: f.OIDCRedirect, Domains: f.OIDCDomain}
	return nil
}

func hostPort(u *url.URL) string {
	if u.Port() == "" {
		return u.Hostname() + ":80"
	}
	return u.Host
}

type serveBackupCmd struct {
	feedbackData
	Out string `placeholder:"FILE" help:"New file; a name with the time in the current folder by default."`
}

func (c *serveBackupCmd) Run(a *app) error {
	return c.with(func(st *store.Store) error {
		out := c.Out
		if out == "" {
			out = "feilun-" + time.Now().UTC().Format("20060102-150405") + ".db"
		}
		if err := st.Backup(a.ctx, out); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, out)
		return nil
	})
}

type serveRestoreCmd struct {
	Backup string `arg:"" help:"File that feilun serve backup wrote."`
	Data   string `arg:"" name:"data" help:"Folder in which the server keeps its data."`
}

func (c *serveRestoreCmd) Run(a *app) error {
	path := feedback.Database(c.Data)
	if same, err := filepath.Abs(c.Backup); err == nil {
		if to, err := filepath.Abs(path); err == nil && same == to {
			return hint.Usage(errors.New("the backup is the database itself"))
		}
	}
	if err := store.Restore(c.Backup, path); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, path)
	return nil
}
