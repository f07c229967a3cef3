import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import { type Column, cellClass, columnWidth, tellCut } from './columns';

export type Rows<T> = { label: string; columns: Column<T>[]; rows: T[]; rowKey: (row: T) => string | number };

/** A table that renders all of its rows; on a narrow screen as cards. For long lists use PagedTable. */
export function SmallTable<T>({ label, columns, rows, rowKey }: Rows<T>) {
  return (
    <div className="hf-scroll hf-small">
      <Table variant="compact" aria-label={label} onMouseOver={tellCut} onFocus={tellCut}>
        <Thead>
          <Tr>
            {columns.map((column) => (
              <Th
                key={column.title}
                style={{ width: columnWidth(column, columns) }}
                screenReaderText={column.hiddenTitle ? column.title : undefined}
              >
                {column.hiddenTitle ? null : column.title}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row) => (
            <Tr key={rowKey(row)}>
              {columns.map((column) => (
                <Td
                  key={column.title}
                  className={cellClass(column)}
                  dataLabel={column.hiddenTitle ? undefined : column.title}
                >
                  {column.cell(row)}
                </Td>
              ))}
            </Tr>
          ))}
        </Tbody>
      </Table>
    </div>
  );
}
