//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// setUpNetwork brings the interfaces up with static addresses. Duplicate address detection would delay
// the first packet by a second and guards against nothing on a link of two.
func setUpNetwork(n networkSettings) error {
	for _, setting := range []string{"accept_dad", "accept_ra", "autoconf"} {
		for _, scope := range []string{"all", "default", "eth0"} {
			path := "/proc/sys/net/ipv6/conf/" + scope + "/" + setting
			if err := os.WriteFile(path, []byte("0"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("writing %s: %w", path, err)
			}
		}
	}
	route, err := openRouteSocket()
	if err != nil {
		return err
	}
	defer route.close()
	for _, name := range []string{"lo", "eth0"} {
		if _, err := net.InterfaceByName(name); err != nil {
			continue // a machine without a network card
		}
		if err := route.linkUp(name); err != nil {
			return fmt.Errorf("bringing %s up: %w", name, err)
		}
	}
	for _, a := range n.Addresses {
		if err := route.addAddress(a.Interface, a.Address, a.Prefix); err != nil {
			return refuse("bad_network", "adding %s/%d to %s: %v", a.Address, a.Prefix, a.Interface, err)
		}
	}
	for _, r := range n.Routes {
		if err := route.addRoute(r.Interface, r.Destination, r.Via); err != nil {
			return refuse("bad_network", "adding the route %s via %q: %v", r.Destination, r.Via, err)
		}
	}
	return nil
}

// routeSocket speaks rtnetlink (rtnetlink(7)).
type routeSocket struct{ fd int }

func openRouteSocket() (*routeSocket, error) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("opening rtnetlink: %w", err)
	}
	return &routeSocket{fd}, nil
}

func (s *routeSocket) close() { syscall.Close(s.fd) }

func (s *routeSocket) linkUp(name string) error {
	index, err := interfaceIndex(name)
	if err != nil {
		return err
	}
	body := packed(syscall.IfInfomsg{Family: syscall.AF_UNSPEC, Index: int32(index), Flags: syscall.IFF_UP, Change: syscall.IFF_UP})
	return s.request(syscall.RTM_NEWLINK, 0, body)
}

const flagNoDAD = 0x02 // IFA_F_NODAD

func (s *routeSocket) addAddress(name, address string, prefix int) error {
	index, err := interfaceIndex(name)
	if err != nil {
		return err
	}
	family, raw, err := parseAddress(address)
	if err != nil {
		return err
	}
	body := packed(syscall.IfAddrmsg{Family: family, Prefixlen: uint8(prefix), Flags: flagNoDAD, Index: uint32(index)})
	body = append(body, attribute(syscall.IFA_LOCAL, raw)...)
	body = append(body, attribute(syscall.IFA_ADDRESS, raw)...)
	return s.request(syscall.RTM_NEWADDR, syscall.NLM_F_CREATE|syscall.NLM_F_REPLACE, body)
}

func (s *routeSocket) addRoute(name, destination, via string) error {
	index, err := interfaceIndex(name)
	if err != nil {
		return err
	}
	_, network, err := net.ParseCIDR(destination)
	if err != nil {
		return err
	}
	family, raw, err := parseAddress(network.IP.String())
	if err != nil {
		return err
	}
	ones, _ := network.Mask.Size()
	scope := uint8(syscall.RT_SCOPE_LINK)
	if via != "" || family == syscall.AF_INET6 {
		scope = syscall.RT_SCOPE_UNIVERSE
	}
	body := packed(syscall.RtMsg{
		Family: family, Dst_len: uint8(ones), Table: syscall.RT_TABLE_MAIN,
		Protocol: syscall.RTPROT_STATIC, Scope: scope, Type: syscall.RTN_UNICAST,
	})
	body = append(body, attribute(syscall.RTA_DST, raw)...)
	body = append(body, attribute(syscall.RTA_OIF, binary.LittleEndian.AppendUint32(nil, uint32(index)))...)
	if via != "" {
		_, gateway, err := parseAddress(via)
		if err != nil {
			return err
		}
		body = append(body, attribute(syscall.RTA_GATEWAY, gateway)...)
	}
	return s.request(syscall.RTM_NEWROUTE, syscall.NLM_F_CREATE|syscall.NLM_F_REPLACE, body)
}

// request sends one message and waits for the kernel's acknowledgement.
func (s *routeSocket) request(kind, flags uint16, body []byte) error {
	header := packed(syscall.NlMsghdr{
		Len: uint32(syscall.NLMSG_HDRLEN + len(body)), Type: kind,
		Flags: syscall.NLM_F_REQUEST | syscall.NLM_F_ACK | flags, Seq: 1,
	})
	if err := syscall.Sendto(s.fd, append(header, body...), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}); err != nil {
		return err
	}
	buffer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(s.fd, buffer, 0)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseNetlinkMessage(buffer[:n])
	if err != nil {
		return err
	}
	for _, message := range messages {
		if message.Header.Type == syscall.NLMSG_ERROR && len(message.Data) >= 4 {
			if code := int32(binary.LittleEndian.Uint32(message.Data)); code != 0 {
				return syscall.Errno(-code)
			}
		}
	}
	return nil
}

func interfaceIndex(name string) (int, error) {
	found, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	return found.Index, nil
}

func parseAddress(text string) (uint8, []byte, error) {
	ip := net.ParseIP(text)
	if ip == nil {
		return 0, nil, fmt.Errorf("%q is not an IP address", text)
	}
	if v4 := ip.To4(); v4 != nil {
		return syscall.AF_INET, v4, nil
	}
	return syscall.AF_INET6, ip.To16(), nil
}

func packed(structure any) []byte {
	var buffer bytes.Buffer
	if err := binary.Write(&buffer, binary.LittleEndian, structure); err != nil {
		panic(err) // only for a type without a fixed size
	}
	return buffer.Bytes()
}

func attribute(kind uint16, value []byte) []byte {
	length := 4 + len(value)
	padded := make([]byte, (length+3)&^3)
	binary.LittleEndian.PutUint16(padded, uint16(length))
	binary.LittleEndian.PutUint16(padded[2:], kind)
	copy(padded[4:], value)
	return padded
}
